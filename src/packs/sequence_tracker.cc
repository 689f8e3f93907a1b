#include <kymo/packs/sequence_tracker.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace kymo::KYMO_ABI::packs {
namespace {

/// Half of the range of 16 bits: beyond it, ahead and behind are the same.
constexpr std::uint32_t kLargestLimit = 0x7FFF;

std::int64_t limited(std::uint32_t limit) { return std::clamp<std::int64_t>(limit, 1, kLargestLimit); }

}  // namespace

SequenceTracker::SequenceTracker(const SequenceOptions& options)
    : mask_(options.bits == SequenceBits::k16 ? 0xFFFF : 0xFFFF'FFFF),
      max_ahead_(limited(options.max_ahead)),
      max_behind_(limited(options.max_behind)),
      late_after_(limited(options.late_after)),
      near_(std::min({late_after_, max_ahead_, max_behind_})),
      seen_(static_cast<std::size_t>(max_behind_) + 1) {}

SequenceChange SequenceTracker::receive(std::uint32_t number) {
  SequenceChange change;
  number &= mask_;
  if (!started_) {
    begin_at(number);
    return change;
  }
  const std::int64_t ahead = distance(wire(highest_), number);
  if (ahead > max_ahead_ || ahead < -max_behind_) {
    set_aside(number, change);
  } else {
    take(ahead, change);
  }
  return change;
}

void SequenceTracker::restart() noexcept {
  started_ = false;
  aside_.reset();
}

std::optional<std::uint32_t> SequenceTracker::current() const noexcept {
  if (!started_) return std::nullopt;
  return wire(highest_);
}

/// Distance from `from` to `to` on the shorter way around; negative: `to` is behind.
std::int64_t SequenceTracker::distance(std::uint32_t from, std::uint32_t to) const noexcept {
  const std::int64_t forward = (to - from) & mask_;
  return forward <= mask_ / 2 ? forward : forward - mask_ - 1;
}

std::vector<bool>::reference SequenceTracker::seen(std::int64_t number) {
  return seen_[static_cast<std::size_t>(number) % seen_.size()];
}

void SequenceTracker::begin_at(std::uint32_t number) {
  // Large enough to keep numbers behind the first positive, and equal on the wire.
  constexpr std::int64_t kFirstRound = std::int64_t{1} << 32;
  started_ = true;
  lowest_ = highest_ = kFirstRound + number;
  std::fill(seen_.begin(), seen_.end(), false);
  seen(highest_) = true;
  aside_.reset();
}

void SequenceTracker::take(std::int64_t ahead, SequenceChange& change) {
  if (ahead > 0) {
    advance(ahead, change);
  } else {
    look_back(-ahead, change);
  }
}

void SequenceTracker::advance(std::int64_t ahead, SequenceChange& change) {
  // The old sequence goes on, so the held packet did not begin a new one.
  if (std::exchange(aside_, std::nullopt)) ++change.strays;
  const std::int64_t number = highest_ + ahead;
  const std::int64_t remembered = number - max_behind_;
  for (std::int64_t i = std::max(highest_ + 1, remembered); i < number; ++i) seen(i) = false;
  seen(number) = true;
  highest_ = number;
  change.dropped += ahead - 1;
  change.gaps += ahead > 1 ? 1U : 0U;
}

void SequenceTracker::look_back(std::int64_t behind, SequenceChange& change) {
  const std::int64_t number = highest_ - behind;
  if (seen(number)) {
    ++change.duplicates;
    return;
  }
  seen(number) = true;
  ++change.reordered;
  if (behind >= late_after_) ++change.late;
  if (number > lowest_) {
    --change.dropped;
  } else {
    change.dropped += lowest_ - number - 1;
    lowest_ = number;
  }
}

void SequenceTracker::set_aside(std::uint32_t number, SequenceChange& change) {
  if (!aside_) {
    aside_ = number;
    return;
  }
  const std::int64_t ahead = distance(*aside_, number);
  if (ahead == 0) {
    ++change.duplicates;
  } else if (ahead <= near_ && ahead >= -near_) {
    begin_at(*aside_);
    change.restarts = 1;
    take(ahead, change);
  } else {
    aside_ = number;
    ++change.strays;
  }
}

}  // namespace kymo::KYMO_ABI::packs
