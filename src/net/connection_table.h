#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>

#include <kymo/net/websocket.h>

#include "peer.h"

namespace kymo::net {

using SteadyTime = std::chrono::steady_clock::time_point;

/// What a connection is doing, as far as it matters to whoever needs its place.
enum class Phase : std::uint8_t {
  waiting,    ///< for its client to send a request; closing it loses nothing that was asked for in full
  answering,  ///< a handler is at work
  sending,    ///< its client is taking a response, or a WebSocket message
  streaming,  ///< a WebSocket whose client has taken all so far
  leaving,    ///< refused or evicted; holds no place
};

/// What a WebSocket is told at its end.
struct Farewell {
  WebSocketClose code = WebSocketClose::going_away;
  std::string reason;
};

/// The connections of a server, and who has to go when there are too many.
///
/// A newcomer over a limit takes the place of the connection of its kind that has kept its client's request
/// waiting for the longest, or else of one whose client has taken nothing of its response for a second. So a
/// flood of half-open or stalled connections costs its own author, and a health check still gets through.
/// Only where all are at work is the newcomer refused. Threads: one.
class ConnectionTable final {
 public:
  struct Entry {
    AddressKey address{};
    Phase phase = Phase::waiting;
    SteadyTime since{};           ///< began to wait, or last saw its client take bytes
    std::function<void()> close;  ///< at once; must not alter the table
    /// Closes a WebSocket with its farewell; the same rule; null for HTTP.
    std::function<void(const Farewell&)> leave = {};
    bool is_stream = false;
    bool is_proxy = false;  ///< speaks for many addresses: not limited as one
  };
  using Place = std::list<Entry>::iterator;

  struct Limits {
    std::size_t total = 0;
    std::size_t per_address = 0;
  };

  /// What became of the wish for a place.
  enum class Room : std::uint8_t { free, made_by_eviction, none, none_for_address };
  /// The outcome of make_stream().
  enum class Stream : std::uint8_t { made, none, none_for_address };

  explicit ConnectionTable(Limits limits) : limits_(limits) {}

  /// Sees to it that one more connection of `address` fits; of a proxy, among all of them only.
  [[nodiscard]] Room make_room(const AddressKey& address, bool is_proxy, SteadyTime now);
  /// Closes one connection of any address to get its file descriptor; false where none can be spared.
  [[nodiscard]] bool evict_one(SteadyTime now);

  Place add(Entry entry);
  /// A leaving connection stays one.
  void set_phase(Place place, Phase phase, SteadyTime now);
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
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

 private:
  [[nodiscard]] bool evict(const AddressKey* address, SteadyTime now);
  void count(const Entry& entry);
  void uncount(const Entry& entry);

  Limits limits_;
  std::list<Entry> entries_;
  struct Counts {
    std::size_t all = 0;
    std::size_t streams = 0;
  };
  std::map<AddressKey, Counts> per_address_;
  Counts counted_;
};

}  // namespace kymo::net
