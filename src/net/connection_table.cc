#include "connection_table.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <tuple>
#include <utility>

namespace kymo::net {
namespace {

/// The ranks of connections that have just begun.
constexpr int kFresh = 2;
/// A client that has taken or sent nothing for this long is stalled.
constexpr std::chrono::seconds kStalled{1};
/// For a newcomer whose address is not known yet: nobody's sending connection is cut for it.
constexpr std::size_t kUnknown = std::numeric_limits<std::size_t>::max();

/// True for a client that leaves what it asked for in the kernel's buffer, in front of which its connection
/// only seems to wait. One that takes some of it has not been waiting since before then.
bool leaves_response(ConnectionTable::Entry& entry, SteadyTime now) {
  if (entry.last_untaken == 0 || !entry.untaken) return false;
  const std::size_t left = entry.untaken();
  if (left < entry.last_untaken) entry.since = now;
  entry.last_untaken = left;
  return left > 0 && now - entry.since >= kStalled;
}

/// A proxy speaks for many addresses, each of which might have a single place.
std::size_t places_of(const ConnectionTable::Entry& entry) noexcept {
  return entry.is_proxy ? 1 : entry.places->all;
}

}  // namespace

ConnectionTable::Room ConnectionTable::make_room(const AddressKey& address, bool is_proxy, SteadyTime now) {
  const std::size_t own = is_proxy ? 0 : counts_of(address).all;
  const bool address_full = !is_proxy && own >= limits_.per_address;
  if (!address_full && counted_.all < limits_.total) return Room::free;
  if (evict(address_full ? &address : nullptr, own, now)) return Room::made_by_eviction;
  return address_full ? Room::none_for_address : Room::none;
}

bool ConnectionTable::evict_one(SteadyTime now) { return evict(nullptr, kUnknown, now); }

bool ConnectionTable::make_reserved_room() {
  if (counted_.reserved < limits_.reserved) return false;
  Entry* victim = nullptr;
  for (Entry& entry : entries_) {
    if (entry.phase != Phase::reserved) continue;
    const bool is_better = victim == nullptr || entry.places->reserved > victim->places->reserved;
    if (is_better) victim = &entry;  // entries stand in the order in which they came
  }
  if (victim == nullptr) return false;
  dismiss(*victim);
  return true;
}

ConnectionTable::Counts ConnectionTable::counts_of(const AddressKey& address) const {
  const auto same = per_address_.find(address);
  return same == per_address_.end() ? Counts{} : same->second;
}

/// Nothing for a connection that must not go for a newcomer whose address has `own` places.
std::optional<ConnectionTable::Sparing> ConnectionTable::sparing_of(Entry& entry, std::size_t own,
                                                                    SteadyTime now) {
  const bool is_waiting = entry.phase == Phase::waiting;
  if (!is_waiting && entry.phase != Phase::sending) return std::nullopt;
  const bool takes_nothing = is_waiting ? leaves_response(entry, now) : now - entry.since >= kStalled;
  // The longest first, whatever its address.
  if (takes_nothing) return Sparing{.rank = 0, .places = 0, .since = entry.since};
  const std::size_t places = places_of(entry);
  if (is_waiting && now - entry.since >= kStalled) return Sparing{1, places, entry.since};
  if (is_waiting && (own == kUnknown || places >= own)) return Sparing{2, places, entry.since};
  const bool is_download = !is_waiting && !entry.is_stream;
  if (is_download && own != kUnknown && places > own + 1) return Sparing{3, places, entry.since};
  return std::nullopt;
}

/// Of what has just begun, that of the address with more places goes first, waiting or not.
bool ConnectionTable::goes_before(const Sparing& a, const Sparing& b) noexcept {
  const auto key = [](const Sparing& one) {
    return std::tuple(std::min(one.rank, kFresh), -static_cast<std::ptrdiff_t>(one.places), one.rank,
                      one.since);
  };
  return key(a) < key(b);
}

/// A walk over all: it happens once a refused or evicted connection, and there are a thousand at most by
/// default.
bool ConnectionTable::evict(const AddressKey* address, std::size_t own, SteadyTime now) {
  Entry* victim = nullptr;
  Sparing best;
  for (Entry& entry : entries_) {
    if (address != nullptr && entry.address != *address) continue;
    const std::optional<Sparing> sparing = sparing_of(entry, own, now);
    if (!sparing || (victim != nullptr && !goes_before(*sparing, best))) continue;
    victim = &entry;
    best = *sparing;
  }
  if (victim == nullptr) return false;
  dismiss(*victim);
  return true;
}

std::size_t ConnectionTable::evict_senders(SteadyTime now) {
  std::size_t evicted = 0;
  for (Entry& entry : entries_) {
    if (entry.phase != Phase::sending || entry.is_stream || now - entry.since < kStalled) continue;
    dismiss(entry);
    ++evicted;
  }
  return evicted;
}

void ConnectionTable::dismiss(Entry& entry) {
  uncount(entry);
  entry.phase = Phase::leaving;
  entry.close();
}

ConnectionTable::Place ConnectionTable::add(Entry entry) {
  const Place place = entries_.insert(entries_.end(), std::move(entry));
  try {
    count(*place);
  } catch (...) {
    entries_.erase(place);  // no memory to count it
    throw;
  }
  return place;
}

void ConnectionTable::set_phase(Place place, Phase phase, SteadyTime now) {
  if (place->phase == Phase::leaving || place->phase == Phase::reserved) return;
  const bool has_sent = place->phase == Phase::sending && phase == Phase::waiting;
  if (has_sent && place->untaken) place->last_untaken = place->untaken();
  place->phase = phase;
  place->since = now;
}

void ConnectionTable::give_up(Place place) {
  uncount(*place);
  place->phase = Phase::leaving;
}

void ConnectionTable::remove(Place place) {
  uncount(*place);
  entries_.erase(place);
}

void ConnectionTable::count(Entry& entry) {
  if (entry.phase == Phase::leaving) return;
  Counts& same = per_address_[entry.address];
  entry.places = &same;
  for (Counts* counts : {&counted_, &same}) {
    if (entry.phase == Phase::reserved) {
      ++counts->reserved;
    } else {
      ++counts->all;
      counts->streams += entry.is_stream ? 1 : 0;
    }
  }
}

void ConnectionTable::uncount(Entry& entry) {
  if (entry.phase == Phase::leaving) return;
  const auto same = per_address_.find(entry.address);
  entry.places = nullptr;
  for (Counts* counts : {&counted_, &same->second}) {
    if (entry.phase == Phase::reserved) {
      --counts->reserved;
    } else {
      --counts->all;
      counts->streams -= entry.is_stream ? 1 : 0;
    }
  }
  if (same->second.all == 0 && same->second.reserved == 0) per_address_.erase(same);
}

ConnectionTable::Stream ConnectionTable::make_stream(Place place, const AddressKey& client,
                                                     std::function<void()> close,
                                                     std::function<void(const Farewell&)> leave) {
  if (place->phase == Phase::leaving || place->phase == Phase::reserved) return Stream::none;
  const auto same = per_address_.find(client);
  if (same != per_address_.end() && same->second.streams >= share_of_streams(limits_.per_address)) {
    return Stream::none_for_address;
  }
  if (counted_.streams >= share_of_streams(limits_.total)) return Stream::none;
  Counts& places = per_address_[client];  // the one step that may fail
  ++places.all;                           // so that uncount() leaves them there
  uncount(*place);
  place->address = client;  // that a proxy spoke for
  place->is_proxy = false;
  place->is_stream = true;
  place->phase = Phase::streaming;
  place->untaken = nullptr;
  place->close = std::move(close);
  place->leave = std::move(leave);
  count(*place);
  --places.all;
  return Stream::made;
}

void ConnectionTable::close_streams(const Farewell& farewell) {
  for (Entry& entry : entries_) {
    if (entry.leave) entry.leave(farewell);
  }
}

void ConnectionTable::close_unoccupied(const Farewell& farewell) {
  for (Entry& entry : entries_) {
    if (entry.phase == Phase::waiting || entry.phase == Phase::reserved || entry.phase == Phase::leaving) {
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
