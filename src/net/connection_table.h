#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>

#include <kymo/net/websocket.h>

#include "peer.h"

namespace kymo::KYMO_ABI::net {

using SteadyTime = std::chrono::steady_clock::time_point;

/// The state of a connection, which decides whether it can be evicted.
enum class Phase : std::uint8_t {
  waiting,    ///< for its client to send a request; closing it loses no complete request
  answering,  ///< a handler is at work
  sending,    ///< its client is reading a response, or a WebSocket message
  streaming,  ///< a WebSocket whose client has read everything so far
  reserved,   ///< over a limit; uses a reserved place until its request is known and answered
  leaving,    ///< refused or evicted; holds no place
};

/// The close code and reason for a WebSocket.
struct Farewell {
  WebSocketClose code = WebSocketClose::going_away;
  std::string reason;
};

/// The connections of a server, and the choice of the next one to evict.
///
/// A newcomer over a limit evicts another connection, in this order:
/// 1. one whose client has read nothing of its response for a second, the longest first;
/// 2. one that has waited a second for its client's request, of the address with most places first;
/// 3. one that has waited less, or is sending, of an address with more places than the newcomer's.
///
/// So a flood of half-open, stalled or slow connections evicts its own. If all are busy, the newcomer gets a
/// reserved place, where only health checks are answered. Threads: one.
class ConnectionTable final {
 public:
  struct Counts {
    std::size_t all = 0;
    std::size_t streams = 0;
    std::size_t reserved = 0;  ///< not included in `all`
  };
  struct Entry {
    AddressKey address{};
    Phase phase = Phase::waiting;
    SteadyTime since{};           ///< start of the wait, or the client's last progress in reading
    std::function<void()> close;  ///< at once; must not alter the table
    /// Closes a WebSocket with its farewell; the same rule; null for HTTP.
    std::function<void(const Farewell&)> leave = {};
    bool is_stream = false;
    bool is_proxy = false;  ///< serves many addresses: not limited as one
    /// Sent bytes that the client has not acknowledged; null: unknown.
    std::function<std::size_t()> untaken = {};
    std::size_t last_untaken = 0;    ///< for the table: value of `untaken` at its last fall
    const Counts* places = nullptr;  ///< for the table: counts of its address
  };
  using Place = std::list<Entry>::iterator;

  struct Limits {
    std::size_t total = 0;
    std::size_t per_address = 0;
    std::size_t reserved = 64;  ///< beyond the total
  };

  /// Result of a request for a place.
  enum class Room : std::uint8_t { free, made_by_eviction, none, none_for_address };
  /// The outcome of make_stream().
  enum class Stream : std::uint8_t { made, none, none_for_address };

  explicit ConnectionTable(Limits limits) : limits_(limits) {}

  /// Makes room for one more connection of `address`; a proxy's connections have only the total limit.
  [[nodiscard]] Room make_room(const AddressKey& address, bool is_proxy, SteadyTime now);
  /// Evicts one connection of any address to free its file descriptor; false if none can go.
  [[nodiscard]] bool evict_one(SteadyTime now);
  /// Makes room for one more reserved entry. True if another was evicted for it: the oldest one of the
  /// address with most of them.
  [[nodiscard]] bool make_reserved_room();
  /// Closes all connections whose client has read nothing of its response for a second, except WebSockets.
  /// Returns their number.
  std::size_t evict_senders(SteadyTime now);

  Place add(Entry entry);
  /// A leaving or a reserved connection keeps its phase.
  void set_phase(Place place, Phase phase, SteadyTime now);
  /// Marks a connection as leaving, which releases its place.
  void give_up(Place place);
  void remove(Place place);

  /// Turns a connection into a WebSocket of `client`, with these functions to close it. No effect if
  /// WebSockets have used their share of all places, or of the client's places.
  [[nodiscard]] Stream make_stream(Place place, const AddressKey& client, std::function<void()> close,
                                   std::function<void(const Farewell&)> leave);

  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
  /// The share of places for WebSockets: three quarters.
  [[nodiscard]] static std::size_t share_of_streams(std::size_t places) noexcept {
    return places - places / 4;
  }

  /// Asks all WebSockets to end.
  void close_streams(const Farewell& farewell);
  /// Closes all waiting and leaving connections, and asks WebSockets to end.
  void close_unoccupied(const Farewell& farewell);
  void close_all();

  /// Connections that hold a place.
  [[nodiscard]] std::size_t size() const noexcept { return counted_.all; }
  /// True if no connection is left, not even a leaving one.
  [[nodiscard]] bool empty() const noexcept { return addresses_.empty(); }

 private:
  /// Entries in the order of arrival.
  struct Address {
    Counts counts;
    std::list<Entry> entries;
  };
  /// The priority of a connection against eviction.
  struct Sparing {
    int rank = 0;  ///< the smallest is evicted first
    std::size_t places = 0;
    SteadyTime since{};
  };

  [[nodiscard]] bool evict(Address* address, std::size_t own, SteadyTime now);
  template <typename F>
  void for_each(F function);
  [[nodiscard]] static std::optional<Sparing> sparing_of(Entry& entry, std::size_t own, SteadyTime now);
  [[nodiscard]] static bool goes_before(const Sparing& a, const Sparing& b) noexcept;
  void dismiss(Entry& entry);
  void count(Entry& entry, Address& address);
  void uncount(Entry& entry);

  Limits limits_;
  std::map<AddressKey, Address> addresses_;
  Counts counted_;
};

}  // namespace kymo::KYMO_ABI::net
