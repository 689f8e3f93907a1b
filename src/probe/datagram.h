#pragma once

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

#include <netinet/in.h>

#include <kymo/net/resolve.h>

namespace kymo::KYMO_ABI::probe {

/// The local destination of a datagram, so the answer comes from the same address.
struct LocalAddress {
  std::optional<in_pktinfo> v4;
  std::optional<in6_pktinfo> v6;
};

/// A received datagram.
struct Datagram {
  std::size_t bytes = 0;
  bool is_cut = false;  ///< longer than the buffer
  net::SocketAddress from;
  std::chrono::steady_clock::time_point arrived;  ///< at the kernel; without its time in the queue
  LocalAddress to;                                ///< set if the socket reports destinations
};

/// Makes the kernel stamp arriving datagrams. Otherwise their time is that of reading.
void note_arrivals(int fd) noexcept;

/// Makes the kernel also report their destinations. `family`: AF_INET or AF_INET6.
void note_destinations(int fd, int family) noexcept;

/// Receives one datagram, without waiting. Nothing and `errno` if none waits or an error was queued.
[[nodiscard]] std::optional<Datagram> receive_datagram(int fd, std::span<std::byte> buffer) noexcept;

/// Reads all waiting datagrams: `take(datagram)` for each, and `on_trouble(errno)` for network errors of sent
/// ones. After a thousand datagrams or many errors, the rest waits for the next call, so a flood to one
/// socket delays no other.
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

/// True for a unicast datagram: not multicast, not broadcast.
[[nodiscard]] bool is_for_one(const LocalAddress& address) noexcept;

/// Sends from `from` to `to`. False and `errno` on failure.
[[nodiscard]] bool send_datagram(int fd, std::span<const std::byte> content, const net::SocketAddress& to,
                                 const LocalAddress& from) noexcept;

}  // namespace kymo::KYMO_ABI::probe
