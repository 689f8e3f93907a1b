#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <kymo/base/file_descriptor.h>

#include "transport.h"

namespace kymo::KYMO_ABI::probe {
namespace {

using std::chrono::steady_clock;
using Descriptor = boost::asio::posix::stream_descriptor;

/// Limit of connections in progress to one target: a silent server holds no more sockets.
constexpr std::size_t kMostAttempts = 64;

/// One connection in progress.
struct Attempt {
  Attempt(boost::asio::io_context& io, int fd, SocketBudget::Place held)
      : place(std::move(held)), descriptor(io, fd) {}

  SocketBudget::Place place;
  Descriptor descriptor;
};

int pending_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/// The kernel's statistics of a connection.
tcp_info info_of(int fd) {
  tcp_info info{};
  socklen_t length = sizeof info;
  ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
  return info;
}

class TcpTransport final : public Transport {
 public:
  explicit TcpTransport(const TransportParts& parts) : parts_(parts) {}
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;
  ~TcpTransport() override {
    *is_there_ = false;
    for (const auto& [sequence, attempt] : attempts_) end(attempt->descriptor);
  }

  void send(std::uint64_t sequence) override {
    if (attempts_.size() >= kMostAttempts)
      return parts_.events.on_unsent(sequence,
                                     "64 connections to it are under way already; probe less often");
    SocketBudget::Place place = parts_.sockets.take();
    if (place == nullptr) return parts_.events.on_unsent(sequence, parts_.sockets.reason());
    base::FileDescriptor fd(
        ::socket(parts_.address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    if (!fd) return tell_socket_error(parts_.events, sequence, errno);
    const auto begin = steady_clock::now();
    if (::connect(fd.get(), parts_.address.get(), parts_.address.length) != 0 && errno != EINPROGRESS)
      return tell_socket_error(parts_.events, sequence, errno);
    const auto attempt = std::make_shared<Attempt>(parts_.io, fd.get(), std::move(place));
    static_cast<void>(fd.release());  // now owned by the attempt
    attempts_[sequence] = attempt;
    attempt->descriptor.async_wait(Descriptor::wait_write, [this, sequence, begin, attempt,
                                                            is_there = is_there_](boost::system::error_code) {
      if (*is_there && attempts_.erase(sequence) != 0) finish(sequence, begin, attempt->descriptor);
    });
  }

  void give_up(std::uint64_t sequence) override {
    const auto attempt = attempts_.find(sequence);
    if (attempt == attempts_.end()) return;
    end(attempt->second->descriptor);
    attempts_.erase(attempt);
  }

 private:
  static void end(Descriptor& attempt) {
    boost::system::error_code ignored;
    attempt.close(ignored);
  }

  void finish(std::uint64_t sequence, steady_clock::time_point begin, Descriptor& attempt) {
    Answer answer{.sequence = sequence,
                  .arrived = steady_clock::now(),
                  .in_responder = {},
                  .round_trip = {},
                  .ways = {}};
    const int fd = attempt.native_handle();
    if (const int error = pending_error(fd); error != 0)
      return parts_.events.on_failure(sequence, error_text(error));
    const tcp_info info = info_of(fd);
    if (info.tcpi_total_retrans != 0)
      return parts_.events.on_failure(sequence, "the first packet was lost; a later one made the connection");
    // The kernel's figure excludes this thread's time to wake up.
    const std::chrono::microseconds by_kernel(info.tcpi_rtt);
    answer.round_trip = answer.arrived - begin;
    if (by_kernel.count() != 0 && by_kernel < *answer.round_trip) answer.round_trip = by_kernel;
    parts_.events.on_answer(answer);
  }

  TransportParts parts_;
  std::map<std::uint64_t, std::shared_ptr<Attempt>> attempts_;
  std::shared_ptr<bool> is_there_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Transport> make_tcp_transport(const TransportParts& parts) {
  return std::make_unique<TcpTransport>(parts);
}

}  // namespace kymo::KYMO_ABI::probe
