#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <kymo/probe/probe_result.h>

namespace kymo::KYMO_ABI::probe {

/// The outcomes of probes. send() assigns sequence numbers from 1 on; the last `remembered` outcomes are
/// stored. Threads: one at a time.
class SequenceAccount final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit SequenceAccount(std::size_t remembered);

  /// Returns the next probe's number. The unanswered probe `remembered` numbers before counts as lost.
  std::uint64_t send(Time now);

  /// The meaning of an answer; nothing: a stray. A probe's first answer is either answered or late.
  struct Meaning {
    ProbeOutcome outcome = ProbeOutcome::answered;
    bool reordered = false;
    Time sent;
  };
  std::optional<Meaning> answer(std::uint64_t sequence);

  /// Counts a probe as lost; false if it has an outcome already.
  bool lose(std::uint64_t sequence);

  /// Counts a probe as refused by the responder; false if it has an outcome already.
  bool limit(std::uint64_t sequence);

  /// The time of sending; nothing for a too old probe.
  [[nodiscard]] std::optional<Time> sent_at(std::uint64_t sequence);

  /// The time of sending of a probe in flight; nothing for others.
  [[nodiscard]] std::optional<Time> waiting_since(std::uint64_t sequence);

  /// Counts an answer to none of these probes.
  void count_stray() noexcept { ++counts_.strays; }

  /// The oldest probe in flight, and its time of sending.
  struct Waiting {
    std::uint64_t sequence = 0;
    Time sent;
  };
  [[nodiscard]] std::optional<Waiting> oldest();

  [[nodiscard]] const ProbeCounts& counts() const noexcept { return counts_; }

 private:
  enum class State : std::uint8_t { waiting, answered, lost, late, limited };
  struct Probe {
    State state = State::answered;
    Time sent;
  };
  [[nodiscard]] Probe& probe(std::uint64_t sequence) { return probes_[sequence % probes_.size()]; }
  [[nodiscard]] bool is_known(std::uint64_t sequence) const noexcept;

  std::vector<Probe> probes_;  // of the last sequence numbers, by remainder
  std::uint64_t oldest_ = 1;   // no earlier one is in flight
  std::uint64_t highest_ = 0;  // highest answered number
  ProbeCounts counts_;
};

}  // namespace kymo::KYMO_ABI::probe
