#include <kymo/probe/echo_responder.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kymo/base/file_descriptor.h>
#include <kymo/base/thread.h>
#include <kymo/net/http_server.h>
#include <kymo/net/resolve.h>

#include "datagram.h"
#include "echo_message.h"
#include "numbers.h"
#include "source_limits.h"

namespace kymo::KYMO_ABI::probe {
namespace {

using base::FileDescriptor;
using net::SocketAddress;

constexpr std::size_t kMostSources = 1'000'000;
constexpr std::size_t kMostSockets = 2;  // IPv6 and IPv4

[[noreturn]] void refuse_to_listen(const std::string& where, int error) {
  std::string why = std::generic_category().message(error);
  if (error == EADDRINUSE) why += "; another responder may hold this UDP port: choose another one";
  if (error == EADDRNOTAVAIL) why += "; this machine has no such address";
  throw std::runtime_error("cannot answer probes at " + where + ": " + why);
}

SocketAddress address_of(const net::Endpoint& endpoint) {
  const auto address = net::parse_address(endpoint.address, endpoint.port);
  if (address) return *address;
  if (net::is_address(endpoint.address))
    throw std::runtime_error("cannot answer probes at " + endpoint.to_string() +
                             ": this machine has no such interface");
  throw std::invalid_argument("\"" + endpoint.to_string() +
                              "\": expected a numeric address, such as 127.0.0.1:9465");
}

FileDescriptor open_responder(const SocketAddress& address, const std::string& where) {
  const int family = address.storage.ss_family;
  FileDescriptor fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) refuse_to_listen(where, errno);
  const int on = 1;
  // IPv4 needs its own socket: only there does the kernel report broadcast destinations.
  if (family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), address.get(), address.length) != 0) refuse_to_listen(where, errno);
  note_arrivals(fd.get());
  note_destinations(fd.get(), family);
  return fd;
}

std::uint16_t port_of(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length);
  return address.storage.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port)
             : ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
}

bool is_every_v6(const SocketAddress& address) {
  return address.storage.ss_family == AF_INET6 &&
         IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr);
}

/// One socket, or for `[::]` one for IPv6 and one for IPv4.
std::vector<FileDescriptor> open_sockets(const net::Endpoint& endpoint) {
  // The port that IPv6 got may be taken in IPv4; another one then is not.
  constexpr int kTries = 16;
  for (int tries = 1;; ++tries) {
    std::vector<FileDescriptor> sockets;
    sockets.push_back(open_responder(address_of(endpoint), endpoint.to_string()));
    if (!is_every_v6(address_of(endpoint))) return sockets;
    const net::Endpoint v4{"0.0.0.0", port_of(sockets.front().get())};
    try {
      sockets.push_back(open_responder(address_of(v4), v4.to_string()));
      return sockets;
    } catch (const std::runtime_error&) {
      if (endpoint.port != 0 || tries == kTries) throw;
    }
  }
}

void check_limits(const EchoResponderOptions& options) {
  if (!(options.answers_per_second > 0) || !(options.answers_per_second_per_source > 0))
    throw std::invalid_argument("EchoResponderOptions: the limits on answers must be above 0 a second");
  if (options.sources == 0 || options.sources > kMostSources)
    throw std::invalid_argument("EchoResponderOptions::sources: expected 1 to 1000000");
}

}  // namespace

class EchoResponder::Impl final {
 public:
  explicit Impl(const EchoResponderOptions& options)
      : endpoint_(net::Endpoint::parse(options.listen)),
        sockets_(open_sockets(endpoint_)),
        stop_(::eventfd(0, EFD_CLOEXEC)),
        limits_(options.answers_per_second, options.answers_per_second_per_source, options.sources,
                draw_secret()),
        notice_limits_(options.answers_per_second, options.answers_per_second_per_source, options.sources,
                       draw_secret()),
        refusals_(draw_secret()),
        id_(draw_secret()),
        begin_(std::chrono::steady_clock::now()) {
    if (!stop_) throw std::runtime_error("no file descriptor is left for a responder; see ulimit -n");
    endpoint_.port = port_of(sockets_.front().get());
    thread_ = base::start_thread("kymo-echo", [this] { run(); });
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ~Impl() {
    const std::uint64_t one = 1;
    const ssize_t written = ::write(stop_.get(), &one, sizeof one);
    static_cast<void>(written);  // a fresh eventfd always accepts a one
    thread_.join();
  }

  [[nodiscard]] std::string address() const { return endpoint_.to_string(); }

  [[nodiscard]] Statistics statistics() const noexcept {
    return {.answered = answered_,
            .refused = refused_,
            .limited = limited_,
            .notices = notices_,
            .failed = failed_};
  }

 private:
  void run() noexcept {
    std::array<pollfd, 1 + kMostSockets> waiting{pollfd{stop_.get(), POLLIN, 0}};
    for (std::size_t i = 0; i < sockets_.size(); ++i) waiting[1 + i] = {sockets_[i].get(), POLLIN, 0};
    for (;;) {
      if (::poll(waiting.data(), 1 + sockets_.size(), -1) < 0) {
        // A passing lack of kernel memory; a rest is harmless after a signal too.
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        continue;
      }
      if ((waiting[0].revents & POLLIN) != 0) return;
      for (std::size_t i = 0; i < sockets_.size(); ++i) {
        if (waiting[1 + i].revents != 0) answer_waiting(sockets_[i].get());
      }
    }
  }

  void answer_waiting(int fd) noexcept {
    constexpr int kBetweenLooksAtStop = 64;
    for (int i = 0; i < kBetweenLooksAtStop; ++i) {
      const auto datagram = receive_datagram(fd, buffer_);
      // A queued error, such as a closed port, belongs to another answer.
      if (!datagram && errno == EAGAIN) return;
      if (datagram) answer(fd, *datagram);
    }
  }

  void answer(int fd, const Datagram& datagram) noexcept {
    const auto content = std::span(buffer_).first(datagram.bytes);
    auto message = datagram.is_cut ? std::nullopt : read_echo(content);
    if (!message || message->type != EchoType::request || !is_for_one(datagram.to)) {
      ++refused_;
      return;
    }
    const EchoLimit limit = limits_.take(datagram.from, std::chrono::steady_clock::now());
    if (limit != EchoLimit::none) return refuse(fd, datagram, *message, limit);
    message->type = EchoType::answer;
    message->responder = id_;
    message->received_ns = time_of(datagram.arrived);
    message->answered_ns = time_of(std::chrono::steady_clock::now());
    write_echo(*message, content);
    ++(send_datagram(fd, content, datagram.from, datagram.to) ? answered_ : failed_);
  }

  /// A notice costs as much as an answer, so it has its own limit, and reports earlier refusals without a
  /// notice.
  void refuse(int fd, const Datagram& datagram, const EchoMessage& request, EchoLimit limit) noexcept {
    ++limited_;
    const RefusalLog::Entry& refused = refusals_.add(request.session, request.sequence);
    if (notice_limits_.take(datagram.from, std::chrono::steady_clock::now()) != EchoLimit::none) return;
    const auto content = std::span(buffer_).first(kEchoBytes);
    write_echo({.type = EchoType::notice,
                .session = request.session,
                .sequence = refused.highest,
                .sent_ns = request.sent_ns,
                .responder = id_,
                .limit = limit,
                .refused = refused.refused},
               content);
    // A failed notice is no failed datagram: its request counts as limited.
    if (send_datagram(fd, content, datagram.from, datagram.to)) ++notices_;
  }

  /// Time since this responder began, so nobody learns the machine's uptime.
  [[nodiscard]] std::uint64_t time_of(std::chrono::steady_clock::time_point time) const noexcept {
    const std::chrono::nanoseconds since = time - begin_;
    return since.count() > 0 ? static_cast<std::uint64_t>(since.count()) : 0;
  }

  net::Endpoint endpoint_;
  std::vector<FileDescriptor> sockets_;
  FileDescriptor stop_;
  SourceLimits limits_;
  SourceLimits notice_limits_;
  RefusalLog refusals_;
  std::uint64_t id_;
  std::chrono::steady_clock::time_point begin_;
  std::array<std::byte, kMaxEchoBytes> buffer_{};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> limited_{0};
  std::atomic<std::uint64_t> notices_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::thread thread_;
};

EchoResponder::EchoResponder(const EchoResponderOptions& options) {
  check_limits(options);
  impl_ = std::make_unique<Impl>(options);
}

EchoResponder::~EchoResponder() = default;
std::string EchoResponder::address() const { return impl_->address(); }
EchoResponder::Statistics EchoResponder::statistics() const noexcept { return impl_->statistics(); }

}  // namespace kymo::KYMO_ABI::probe
