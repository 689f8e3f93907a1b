#include "connection_table.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <tuple>
#include <utility>

namespace kymo::KYMO_ABI::net {
namespace {

/// The ranks of connections that have just begun.
constexpr int kFresh = 2;
/// A client that has read or sent nothing for this long is stalled.
constexpr std::chrono::seconds kStalled{1};
/// For a newcomer with a still unknown address: no sending connection is evicted for it.
constexpr std::size_t kUnknown = std::numeric_limits<std::size_t>::max();

/// True for a client that leaves its response in the kernel's buffer; its connection only seems to wait for a
/// request. Reading some of it restarts the client's waiting time.
bool leaves_response(ConnectionTable::Entry& entry, SteadyTime now) {
  if (entry.last_untaken == 0 || !entry.untaken) return false;
  const std::size_t left = entry.untaken();
  if (left < entry.last_untaken) entry.since = now;
  entry.last_untaken = left;
  return left > 0 && now - entry.since >= kStalled;
}

/// A proxy serves many addresses, each of which might have a single place.
std::size_t places_of(const ConnectionTable::Entry& entry) noexcept {
  return entry.is_proxy ? 1 : entry.places->all;
}

}  // namespace

template <typename F>
void ConnectionTable::for_each(F function) {
  for (auto& [key, address] : addresses_) {
    for (Entry& entry : address.entries) function(entry);
  }
}

ConnectionTable::Room ConnectionTable::make_room(const AddressKey& key, bool is_proxy, SteadyTime now) {
  const auto found = is_proxy ? addresses_.end() : addresses_.find(key);
  Address* const same = found == addresses_.end() ? nullptr : &found->second;
  const std::size_t own = same == nullptr ? 0 : same->counts.all;
  const bool address_full = !is_proxy && own >= limits_.per_address;
  if (!address_full && counted_.all < limits_.total) return Room::free;
  if (evict(address_full ? same : nullptr, own, now)) return Room::made_by_eviction;
  return address_full ? Room::none_for_address : Room::none;
}

bool ConnectionTable::evict_one(SteadyTime now) { return evict(nullptr, kUnknown, now); }

bool ConnectionTable::make_reserved_room() {
  if (counted_.reserved < limits_.reserved) return false;
  const auto reserved = [](const auto& address) { return address.second.counts.reserved; };
  const auto most = std::ranges::max_element(addresses_, {}, reserved);
  if (most == addresses_.end()) return false;
  const auto victim = std::ranges::find(most->second.entries, Phase::reserved, &Entry::phase);
  if (victim == most->second.entries.end()) return false;
  dismiss(*victim);
  return true;
}

/// Nothing for a connection that a newcomer with `own` places may not evict.
std::optional<ConnectionTable::Sparing> ConnectionTable::sparing_of(Entry& entry, std::size_t own,
                                                                    SteadyTime now) {
  const bool is_waiting = entry.phase == Phase::waiting;
  if (!is_waiting && entry.phase != Phase::sending) return std::nullopt;
  const bool takes_nothing = is_waiting ? leaves_response(entry, now) : now - entry.since >= kStalled;
  // The longest first, for any address.
  if (takes_nothing) return Sparing{.rank = 0, .places = 0, .since = entry.since};
  const std::size_t places = places_of(entry);
  if (is_waiting && now - entry.since >= kStalled) return Sparing{1, places, entry.since};
  if (is_waiting && (own == kUnknown || places >= own)) return Sparing{2, places, entry.since};
  const bool is_download = !is_waiting && !entry.is_stream;
  if (is_download && own != kUnknown && places > own + 1) return Sparing{3, places, entry.since};
  return std::nullopt;
}

/// Among recent ones, the address with more places goes first, waiting or sending.
bool ConnectionTable::goes_before(const Sparing& a, const Sparing& b) noexcept {
  const auto key = [](const Sparing& one) {
    return std::tuple(std::min(one.rank, kFresh), -static_cast<std::ptrdiff_t>(one.places), one.rank,
                      one.since);
  };
  return key(a) < key(b);
}

/// Walks all connections, or those of an address, each time a limit is reached: at most a thousand by
/// default.
bool ConnectionTable::evict(Address* address, std::size_t own, SteadyTime now) {
  Entry* victim = nullptr;
  Sparing best;
  const auto consider = [&](Entry& entry) {
    const std::optional<Sparing> sparing = sparing_of(entry, own, now);
    if (!sparing || (victim != nullptr && !goes_before(*sparing, best))) return;
    victim = &entry;
    best = *sparing;
  };
  if (address != nullptr) {
    std::ranges::for_each(address->entries, consider);
  } else {
    for_each(consider);
  }
  if (victim == nullptr) return false;
  dismiss(*victim);
  return true;
}

std::size_t ConnectionTable::evict_senders(SteadyTime now) {
  std::size_t evicted = 0;
  for_each([&](Entry& entry) {
    if (entry.phase != Phase::sending || entry.is_stream || now - entry.since < kStalled) return;
    dismiss(entry);
    ++evicted;
  });
  return evicted;
}

void ConnectionTable::dismiss(Entry& entry) {
  uncount(entry);
  entry.phase = Phase::leaving;
  entry.close();
}

ConnectionTable::Place ConnectionTable::add(Entry entry) {
  std::list<Entry> added;
  const Place place = added.insert(added.end(), std::move(entry));
  Address& address = addresses_[place->address];  // the last step that may throw
  address.entries.splice(address.entries.end(), added);
  count(*place, address);
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
  const auto address = addresses_.find(place->address);
  address->second.entries.erase(place);
  if (address->second.entries.empty()) addresses_.erase(address);
}

void ConnectionTable::count(Entry& entry, Address& address) {
  if (entry.phase == Phase::leaving) return;
  entry.places = &address.counts;
  for (Counts* counts : {&counted_, &address.counts}) {
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
  const auto address = addresses_.find(entry.address);
  entry.places = nullptr;
  for (Counts* counts : {&counted_, &address->second.counts}) {
    if (entry.phase == Phase::reserved) {
      --counts->reserved;
    } else {
      --counts->all;
      counts->streams -= entry.is_stream ? 1 : 0;
    }
  }
}

ConnectionTable::Stream ConnectionTable::make_stream(Place place, const AddressKey& client,
                                                     std::function<void()> close,
                                                     std::function<void(const Farewell&)> leave) {
  if (place->phase == Phase::leaving || place->phase == Phase::reserved) return Stream::none;
  const auto same = addresses_.find(client);
  if (same != addresses_.end() && same->second.counts.streams >= share_of_streams(limits_.per_address)) {
    return Stream::none_for_address;
  }
  if (counted_.streams >= share_of_streams(limits_.total)) return Stream::none;
  Address& target = addresses_[client];  // the one step that may throw
  uncount(*place);
  const auto source = addresses_.find(place->address);  // a proxy's, where it speaks for the client
  target.entries.splice(target.entries.end(), source->second.entries, place);
  if (source->second.entries.empty()) addresses_.erase(source);
  place->address = client;
  place->is_proxy = false;
  place->is_stream = true;
  place->phase = Phase::streaming;
  place->untaken = nullptr;
  place->close = std::move(close);
  place->leave = std::move(leave);
  count(*place, target);
  return Stream::made;
}

void ConnectionTable::close_streams(const Farewell& farewell) {
  for_each([&](Entry& entry) {
    if (entry.leave) entry.leave(farewell);
  });
}

void ConnectionTable::close_unoccupied(const Farewell& farewell) {
  for_each([&](Entry& entry) {
    if (entry.phase == Phase::waiting || entry.phase == Phase::reserved || entry.phase == Phase::leaving) {
      entry.close();
    } else if (entry.leave) {
      entry.leave(farewell);
    }
  });
}

void ConnectionTable::close_all() {
  for_each([](Entry& entry) { entry.close(); });
}

}  // namespace kymo::KYMO_ABI::net
