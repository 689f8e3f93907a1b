#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <kymo/probe/probe_result.h>

namespace kymo::KYMO_ABI::probe {

/// Which probes were answered, and how. Sequence numbers are given by send(), from 1 on; of the last
/// `remembered` it knows what became of them. Threads: one at a time.
class SequenceAccount final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit SequenceAccount(std::size_t remembered);

  /// The next probe goes out: its number. One of `remembered` before that has had no answer is lost.
  std::uint64_t send(Time now);

  /// What an answer means; nothing: a stray. A probe's first answer has one of answered and late.
  struct Meaning {
    ProbeOutcome outcome = ProbeOutcome::answered;
    bool reordered = false;
    Time sent;
  };
  std::optional<Meaning> answer(std::uint64_t sequence);

  /// No answer in time; false where there is one, or it was said before.
  bool lose(std::uint64_t sequence);

  /// The responder will not answer it; false where that or something else was said of it before.
  bool limit(std::uint64_t sequence);

  /// When a probe was sent; nothing for one of too long ago.
  [[nodiscard]] std::optional<Time> sent_at(std::uint64_t sequence);

  /// When a probe was sent that is under way; nothing for others.
  [[nodiscard]] std::optional<Time> waiting_since(std::uint64_t sequence);

  /// An answer that is to none of these probes.
  void count_stray() noexcept { ++counts_.strays; }

  /// The oldest probe under way, and when it was sent.
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
  std::uint64_t oldest_ = 1;   // none before it is under way
  std::uint64_t highest_ = 0;  // that was answered
  ProbeCounts counts_;
};

}  // namespace kymo::KYMO_ABI::probe
