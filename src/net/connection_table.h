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

/// What a connection is doing, as far as it matters to whoever needs its place.
enum class Phase : std::uint8_t {
  waiting,    ///< for its client to send a request; closing it loses nothing that was asked for in full
  answering,  ///< a handler is at work
  sending,    ///< its client is taking a response, or a WebSocket message
  streaming,  ///< a WebSocket whose client has taken all so far
  reserved,   ///< over a limit; has a reserved place until its request is known, and while that is answered
  leaving,    ///< refused or evicted; holds no place
};

/// What a WebSocket is told at its end.
struct Farewell {
  WebSocketClose code = WebSocketClose::going_away;
  std::string reason;
};

/// The connections of a server, and which of them has to go when there are too many.
///
/// A newcomer over a limit takes the place of another connection, in this order:
/// 1. of one whose client has taken nothing of its response for a second, the longest first;
/// 2. of one that has waited for its client's request for a second, of the address with most places first;
/// 3. of one that has waited for less, or is sending, of an address that has more places than the newcomer's.
///
/// So a flood of half-open, stalled or slow connections costs its own author. Where all are at work, the
/// newcomer gets a reserved place, in which only a health check is answered. Threads: one.
class ConnectionTable final {
 public:
  struct Counts {
    std::size_t all = 0;
    std::size_t streams = 0;
    std::size_t reserved = 0;  ///< not among all
  };
  struct Entry {
    AddressKey address{};
    Phase phase = Phase::waiting;
    SteadyTime since{};           ///< began to wait, or last saw its client take bytes
    std::function<void()> close;  ///< at once; must not alter the table
    /// Closes a WebSocket with its farewell; the same rule; null for HTTP.
    std::function<void(const Farewell&)> leave = {};
    bool is_stream = false;
    bool is_proxy = false;  ///< speaks for many addresses: not limited as one
    /// Bytes that were sent and that the client has not taken yet; null: unknown.
    std::function<std::size_t()> untaken = {};
    std::size_t last_untaken = 0;    ///< the table's: what `untaken` said when it last fell
    const Counts* places = nullptr;  ///< the table's: of its address
  };
  using Place = std::list<Entry>::iterator;

  struct Limits {
    std::size_t total = 0;
    std::size_t per_address = 0;
    std::size_t reserved = 64;  ///< beyond the total
  };

  /// What became of the wish for a place.
  enum class Room : std::uint8_t { free, made_by_eviction, none, none_for_address };
  /// The outcome of make_stream().
  enum class Stream : std::uint8_t { made, none, none_for_address };

  explicit ConnectionTable(Limits limits) : limits_(limits) {}

  /// Makes room for one more connection of `address`; of a proxy, among all of them only.
  [[nodiscard]] Room make_room(const AddressKey& address, bool is_proxy, SteadyTime now);
  /// Closes one connection of any address to get its file descriptor; false where none can be spared.
  [[nodiscard]] bool evict_one(SteadyTime now);
  /// Sees to it that one more entry fits into the reserved places. True where another had to go for it: of
  /// the address with most of them, the longest there.
  [[nodiscard]] bool make_reserved_room();
  /// Closes all whose client has taken nothing of its response for a second, but WebSockets. Returns how
  /// many.
  std::size_t evict_senders(SteadyTime now);

  Place add(Entry entry);
  /// A leaving or a reserved connection stays one.
  void set_phase(Place place, Phase phase, SteadyTime now);
  /// Makes a connection leaving, so that it holds no place.
  void give_up(Place place);
  void remove(Place place);

  /// Makes a connection a WebSocket of `client`, closed by these from now on. Where WebSockets have their
  /// share of the places, or of the client's places, nothing happens.
  [[nodiscard]] Stream make_stream(Place place, const AddressKey& client, std::function<void()> close,
                                   std::function<void(const Farewell&)> leave);

  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }
  /// The part of so many places that WebSockets may take: three quarters.
  [[nodiscard]] static std::size_t share_of_streams(std::size_t places) noexcept {
    return places - places / 4;
  }

  /// Asks all WebSockets to end.
  void close_streams(const Farewell& farewell);
  /// Closes all that wait or leave, and asks WebSockets to end.
  void close_unoccupied(const Farewell& farewell);
  void close_all();

  /// Those that hold a place.
  [[nodiscard]] std::size_t size() const noexcept { return counted_.all; }
  /// No connection left, not even a leaving one.
  [[nodiscard]] bool empty() const noexcept { return addresses_.empty(); }

 private:
  /// Entries stand in the order in which they came.
  struct Address {
    Counts counts;
    std::list<Entry> entries;
  };
  /// How willingly a connection is given up.
  struct Sparing {
    int rank = 0;  ///< the least goes first
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
