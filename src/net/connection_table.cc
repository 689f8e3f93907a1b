#include "connection_table.h"

#include <utility>

namespace kymo::net {
namespace {

/// A client that has taken nothing for this long is stalled.
constexpr std::chrono::seconds kStalled{1};

std::size_t share_of_streams(std::size_t places) noexcept { return places - places / 4; }

bool can_be_spared(const ConnectionTable::Entry& entry, SteadyTime now) noexcept {
  return entry.phase == Phase::waiting || (entry.phase == Phase::sending && now - entry.since >= kStalled);
}

/// Waiting ones go before stalled ones, then the longest first.
bool goes_before(const ConnectionTable::Entry& a, const ConnectionTable::Entry& b) noexcept {
  if (a.phase != b.phase) return a.phase == Phase::waiting;
  return a.since < b.since;
}

}  // namespace

ConnectionTable::Room ConnectionTable::make_room(const AddressKey& address, SteadyTime now) {
  const auto same = per_address_.find(address);
  const bool address_full = same != per_address_.end() && same->second.all >= limits_.per_address;
  if (!address_full && counted_.all < limits_.total) return Room::free;
  return evict(address_full ? &address : nullptr, now) ? Room::made_by_eviction : Room::none;
}

bool ConnectionTable::evict_one(SteadyTime now) { return evict(nullptr, now); }

/// A walk over all: it happens once a refused or evicted connection, and there are a thousand at most by
/// default.
bool ConnectionTable::evict(const AddressKey* address, SteadyTime now) {
  Entry* victim = nullptr;
  for (Entry& entry : entries_) {
    if (address != nullptr && entry.address != *address) continue;
    if (!can_be_spared(entry, now)) continue;
    if (victim == nullptr || goes_before(entry, *victim)) victim = &entry;
  }
  if (victim == nullptr) return false;
  uncount(*victim);
  victim->phase = Phase::leaving;
  victim->close();
  return true;
}

ConnectionTable::Place ConnectionTable::add(Entry entry) {
  if (entry.phase != Phase::leaving) {
    ++counted_.all;
    ++per_address_[entry.address].all;
  }
  return entries_.insert(entries_.end(), std::move(entry));
}

void ConnectionTable::set_phase(Place place, Phase phase, SteadyTime now) {
  if (place->phase == Phase::leaving) return;
  place->phase = phase;
  place->since = now;
}

void ConnectionTable::remove(Place place) {
  uncount(*place);
  entries_.erase(place);
}

void ConnectionTable::uncount(const Entry& entry) {
  if (entry.phase == Phase::leaving) return;
  const std::size_t streams = entry.is_stream ? 1 : 0;
  --counted_.all;
  counted_.streams -= streams;
  const auto same = per_address_.find(entry.address);
  same->second.streams -= streams;
  if (--same->second.all == 0) per_address_.erase(same);
}

bool ConnectionTable::make_stream(Place place, std::function<void()> close,
                                  std::function<void(const Farewell&)> leave) {
  if (place->phase == Phase::leaving) return false;
  Counts& same = per_address_.at(place->address);
  if (counted_.streams >= share_of_streams(limits_.total) ||
      same.streams >= share_of_streams(limits_.per_address)) {
    return false;
  }
  ++counted_.streams;
  ++same.streams;
  place->is_stream = true;
  place->phase = Phase::streaming;
  place->close = std::move(close);
  place->leave = std::move(leave);
  return true;
}

void ConnectionTable::close_streams(const Farewell& farewell) {
  for (Entry& entry : entries_) {
    if (entry.leave) entry.leave(farewell);
  }
}

void ConnectionTable::close_unoccupied(const Farewell& farewell) {
  for (Entry& entry : entries_) {
    if (entry.phase == Phase::waiting || entry.phase == Phase::leaving) {
      entry.close();
    } else if (entry.leave) {
      entry.leave(farewell);
    }
  }
}

void ConnectionTable::close_all() {
  for (Entry& entry : entries_) entry.close();
}

}  // namespace kymo::net
