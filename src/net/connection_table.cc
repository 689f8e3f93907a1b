#include "connection_table.h"

#include <utility>

namespace kymo::net {
namespace {

/// A client that has taken nothing for this long is stalled.
constexpr std::chrono::seconds kStalled{1};

bool can_be_spared(const ConnectionTable::Entry& entry, SteadyTime now) noexcept {
  return entry.phase == Phase::waiting || (entry.phase == Phase::sending && now - entry.since >= kStalled);
}

/// Waiting ones go before stalled ones, then the longest first.
bool goes_before(const ConnectionTable::Entry& a, const ConnectionTable::Entry& b) noexcept {
  if (a.phase != b.phase) return a.phase == Phase::waiting;
  return a.since < b.since;
}

}  // namespace

ConnectionTable::Room ConnectionTable::make_room(const AddressKey& address, bool is_proxy, SteadyTime now) {
  const auto same = per_address_.find(address);
  const bool address_full =
      !is_proxy && same != per_address_.end() && same->second.all >= limits_.per_address;
  if (!address_full && counted_.all < limits_.total) return Room::free;
  if (evict(address_full ? &address : nullptr, now)) return Room::made_by_eviction;
  return address_full ? Room::none_for_address : Room::none;
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
  count(entry);
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

void ConnectionTable::count(const Entry& entry) {
  if (entry.phase == Phase::leaving) return;
  const std::size_t streams = entry.is_stream ? 1 : 0;
  Counts& same = per_address_[entry.address];
  ++counted_.all;
  ++same.all;
  counted_.streams += streams;
  same.streams += streams;
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

ConnectionTable::Stream ConnectionTable::make_stream(Place place, const AddressKey& client,
                                                     std::function<void()> close,
                                                     std::function<void(const Farewell&)> leave) {
  if (place->phase == Phase::leaving) return Stream::none;
  const auto same = per_address_.find(client);
  if (same != per_address_.end() && same->second.streams >= share_of_streams(limits_.per_address)) {
    return Stream::none_for_address;
  }
  if (counted_.streams >= share_of_streams(limits_.total)) return Stream::none;
  uncount(*place);
  place->address = client;  // that a proxy spoke for
  place->is_proxy = false;
  place->is_stream = true;
  place->phase = Phase::streaming;
  place->close = std::move(close);
  place->leave = std::move(leave);
  count(*place);
  return Stream::made;
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
