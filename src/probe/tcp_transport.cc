#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "transport.h"

namespace kymo::probe {
namespace {

using std::chrono::steady_clock;
using Descriptor = boost::asio::posix::stream_descriptor;

int pending_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/// What the kernel saw of a connection.
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
    for (const auto& [sequence, attempt] : attempts_) end(*attempt);
  }

  void send(std::uint64_t sequence) override {
    const int fd =
        ::socket(parts_.address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) return parts_.events.on_failure(sequence, error_text(errno));
    auto attempt = std::make_shared<Descriptor>(parts_.io, fd);
    const auto begin = steady_clock::now();
    if (::connect(fd, parts_.address.get(), parts_.address.length) != 0 && errno != EINPROGRESS)
      return parts_.events.on_failure(sequence, error_text(errno));
    attempts_[sequence] = attempt;
    attempt->async_wait(Descriptor::wait_write,
                        [this, sequence, begin, attempt, is_there = is_there_](boost::system::error_code) {
                          if (*is_there && attempts_.erase(sequence) != 0) finish(sequence, begin, *attempt);
                        });
  }

  void give_up(std::uint64_t sequence) override {
    const auto attempt = attempts_.find(sequence);
    if (attempt == attempts_.end()) return;
    end(*attempt->second);
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
    // The kernel's figure holds no time that this thread took to wake up.
    const std::chrono::microseconds by_kernel(info.tcpi_rtt);
    answer.round_trip = answer.arrived - begin;
    if (by_kernel.count() != 0 && by_kernel < *answer.round_trip) answer.round_trip = by_kernel;
    parts_.events.on_answer(answer);
  }

  TransportParts parts_;
  std::map<std::uint64_t, std::shared_ptr<Descriptor>> attempts_;
  std::shared_ptr<bool> is_there_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Transport> make_tcp_transport(const TransportParts& parts) {
  return std::make_unique<TcpTransport>(parts);
}

}  // namespace kymo::probe
