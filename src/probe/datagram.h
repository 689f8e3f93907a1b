#pragma once

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <netinet/in.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <kymo/base/file_descriptor.h>
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

/// Owns a descriptor, and calls back whenever it is readable. Threads: the io_context's.
class ReadWatch final {
 public:
  ReadWatch(boost::asio::io_context& io, base::FileDescriptor fd, std::function<void()> on_readable)
      : state_(std::make_shared<State>(io, fd.release(), std::move(on_readable))) {
    State::wait(state_);
  }
  ReadWatch(const ReadWatch&) = delete;
  ReadWatch& operator=(const ReadWatch&) = delete;
  ~ReadWatch() {
    // A pending call then finds that the watch has ended.
    state_->on_readable = nullptr;
    boost::system::error_code ignored;
    state_->descriptor.close(ignored);
  }

  [[nodiscard]] int fd() noexcept { return state_->descriptor.native_handle(); }

 private:
  struct State {
    State(boost::asio::io_context& io, int fd, std::function<void()> call)
        : descriptor(io, fd), on_readable(std::move(call)) {}

    static void wait(const std::shared_ptr<State>& state) {
      state->descriptor.async_wait(
          boost::asio::posix::stream_descriptor::wait_read, [state](boost::system::error_code error) {
            if (!state->on_readable || error == boost::asio::error::operation_aborted) return;
            state->on_readable();
            if (state->on_readable) wait(state);
          });
    }

    boost::asio::posix::stream_descriptor descriptor;
    std::function<void()> on_readable;
  };

  std::shared_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::probe
