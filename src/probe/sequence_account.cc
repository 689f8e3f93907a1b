#include "sequence_account.h"

#include <algorithm>

namespace kymo::KYMO_ABI::probe {

SequenceAccount::SequenceAccount(std::size_t remembered) : probes_(std::max<std::size_t>(remembered, 1)) {}

bool SequenceAccount::is_known(std::uint64_t sequence) const noexcept {
  return sequence != 0 && sequence <= counts_.sent && counts_.sent - sequence < probes_.size();
}

std::uint64_t SequenceAccount::send(Time now) {
  const std::uint64_t sequence = counts_.sent + 1;
  if (sequence > probes_.size()) lose(sequence - probes_.size());
  ++counts_.sent;
  probe(sequence) = {State::waiting, now};
  return sequence;
}

std::optional<SequenceAccount::Meaning> SequenceAccount::answer(std::uint64_t sequence) {
  if (!is_known(sequence)) {
    ++counts_.strays;
    return std::nullopt;
  }
  Probe& one = probe(sequence);
  if (one.state == State::limited) {
    ++counts_.strays;
    return std::nullopt;
  }
  Meaning meaning{.outcome = ProbeOutcome::duplicate, .reordered = false, .sent = one.sent};
  if (one.state == State::answered || one.state == State::late) {
    ++counts_.duplicates;
    return meaning;
  }
  const bool is_late = one.state == State::lost;
  meaning.outcome = is_late ? ProbeOutcome::late : ProbeOutcome::answered;
  meaning.reordered = sequence < highest_;
  one.state = is_late ? State::late : State::answered;
  ++(is_late ? counts_.late : counts_.answered);
  counts_.reordered += meaning.reordered ? 1U : 0U;
  highest_ = std::max(highest_, sequence);
  return meaning;
}

bool SequenceAccount::lose(std::uint64_t sequence) {
  if (!is_known(sequence) || probe(sequence).state != State::waiting) return false;
  probe(sequence).state = State::lost;
  ++counts_.lost;
  return true;
}

bool SequenceAccount::limit(std::uint64_t sequence) {
  if (!is_known(sequence) || probe(sequence).state != State::waiting) return false;
  probe(sequence).state = State::limited;
  ++counts_.limited;
  return true;
}

std::optional<SequenceAccount::Time> SequenceAccount::sent_at(std::uint64_t sequence) {
  return is_known(sequence) ? std::optional(probe(sequence).sent) : std::nullopt;
}

std::optional<SequenceAccount::Time> SequenceAccount::waiting_since(std::uint64_t sequence) {
  if (!is_known(sequence) || probe(sequence).state != State::waiting) return std::nullopt;
  return probe(sequence).sent;
}

std::optional<SequenceAccount::Waiting> SequenceAccount::oldest() {
  while (oldest_ <= counts_.sent) {
    if (is_known(oldest_) && probe(oldest_).state == State::waiting)
      return Waiting{oldest_, probe(oldest_).sent};
    ++oldest_;
  }
  return std::nullopt;
}

}  // namespace kymo::KYMO_ABI::probe
