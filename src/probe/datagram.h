#pragma once

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

#include <netinet/in.h>

#include <kymo/net/resolve.h>

namespace kymo::KYMO_ABI::probe {

/// Where on this host a datagram was sent to, for an answer from the same address.
struct LocalAddress {
  std::optional<in_pktinfo> v4;
  std::optional<in6_pktinfo> v6;
};

/// One datagram that came.
struct Datagram {
  std::size_t bytes = 0;
  bool is_cut = false;  ///< it was longer than the buffer
  net::SocketAddress from;
  std::chrono::steady_clock::time_point
      arrived;      ///< at the kernel; how long it lay in the queue is not in it
  LocalAddress to;  ///< where the socket was told to tell
};

/// Has the kernel note when datagrams come. Where it cannot, their time is when they are read.
void note_arrivals(int fd) noexcept;

/// Has it tell, too, where they were sent to. `family`: AF_INET or AF_INET6.
void note_destinations(int fd, int family) noexcept;

/// The next one, without waiting; nothing and `errno` where there is none or an error was waiting instead.
[[nodiscard]] std::optional<Datagram> receive_datagram(int fd, std::span<std::byte> buffer) noexcept;

/// Reads all that wait: `take(datagram)` for each, and `on_trouble(errno)` for what the network said of
/// datagrams that were sent. After a thousand datagrams or many errors, the rest is for the next call, so
/// that a flood to one socket keeps no other waiting.
template <class Take, class OnTrouble>
void receive_all(int fd, std::span<std::byte> buffer, Take take, OnTrouble on_trouble) {
  constexpr int kMostErrors = 64;
  constexpr int kMostDatagrams = 1024;
  for (int errors = 0, datagrams = 0; errors < kMostErrors && datagrams < kMostDatagrams;) {
    if (const auto datagram = receive_datagram(fd, buffer)) {
      ++datagrams;
      take(*datagram);
    } else if (errno == EAGAIN || errno == EINTR) {
      return;
    } else {
      ++errors;
      on_trouble(errno);
    }
  }
}

/// Whether it was sent to this host alone: not to a group nor to all of a network.
[[nodiscard]] bool is_for_one(const LocalAddress& address) noexcept;

/// Sends from `from` to `to`. False and `errno` where that cannot be.
[[nodiscard]] bool send_datagram(int fd, std::span<const std::byte> content, const net::SocketAddress& to,
                                 const LocalAddress& from) noexcept;

}  // namespace kymo::KYMO_ABI::probe
