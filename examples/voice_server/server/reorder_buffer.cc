#include "server/reorder_buffer.h"

#include <utility>

namespace voice {
namespace {

/// Distance from `from` to `to`; negative: `to` is behind; numbers wrap around.
int distance(std::uint16_t from, std::uint16_t to) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(to - from));
}

}  // namespace

ReorderBuffer::Outcome ReorderBuffer::push(AudioDatagram datagram) {
  Outcome outcome;
  const std::uint16_t sequence = datagram.sequence;
  if (!started_) begin_at(sequence);
  const int ahead = distance(next_, sequence);
  if (ahead > kLongestJump || ahead < -kOldest) restart_at(sequence, outcome);
  if (distance(next_, sequence) < 0) {
    count_old(static_cast<std::size_t>(-ahead - 1), outcome);
    return outcome;
  }
  keep(std::move(datagram), outcome);
  return outcome;
}

ReorderBuffer::Outcome ReorderBuffer::flush() {
  Outcome outcome;
  if (started_) give_up_before(ahead_, outcome);
  return outcome;
}

void ReorderBuffer::begin_at(std::uint16_t sequence) {
  started_ = true;
  next_ = sequence;
  ahead_ = sequence;
  delivered_.reset();
}

void ReorderBuffer::restart_at(std::uint16_t sequence, Outcome& outcome) {
  give_up_before(ahead_, outcome);
  begin_at(sequence);
  outcome.restarts = 1;
}

void ReorderBuffer::count_old(std::size_t age, Outcome& outcome) const {
  if (delivered_.test(age)) {
    outcome.duplicates = 1;
  } else {
    outcome.late = 1;
  }
}

void ReorderBuffer::keep(AudioDatagram datagram, Outcome& outcome) {
  const std::uint16_t sequence = datagram.sequence;
  if (distance(ahead_, sequence) > 0) outcome.gaps = 1;
  if (distance(ahead_, sequence) >= 0) ahead_ = static_cast<std::uint16_t>(sequence + 1);
  if (distance(next_, sequence) >= static_cast<int>(kWindow)) {
    give_up_before(static_cast<std::uint16_t>(sequence - kWindow + 1), outcome);
  }
  auto& place = slot(sequence);
  if (place) {
    outcome.duplicates = 1;
    return;
  }
  place = std::move(datagram);
  while (slot(next_)) advance(outcome);
}

void ReorderBuffer::advance(Outcome& outcome) {
  auto& place = slot(next_);
  delivered_ <<= 1;
  delivered_[0] = place.has_value();
  if (place) {
    outcome.in_order.push_back(*std::exchange(place, std::nullopt));
  } else {
    ++outcome.lost;
  }
  ++next_;
}

void ReorderBuffer::give_up_before(std::uint16_t sequence, Outcome& outcome) {
  while (next_ != sequence) advance(outcome);
}

}  // namespace voice
