#include <kymo/probe/echo_responder.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kymo/net/http_server.h>

#include "datagram.h"
#include "echo_message.h"
#include "random_number.h"
#include "source_limits.h"
#include "src/net/file_descriptor.h"
#include "src/net/resolve.h"
#include "src/net/server_thread.h"

namespace kymo::probe {
namespace {

using net::FileDescriptor;
using net::SocketAddress;

constexpr std::size_t kMostSources = 1'000'000;

[[noreturn]] void refuse_to_listen(const std::string& where, int error) {
  std::string why = std::generic_category().message(error);
  if (error == EADDRINUSE) why += "; another responder may hold this UDP port: choose another one";
  if (error == EADDRNOTAVAIL) why += "; this machine has no such address";
  throw std::runtime_error("cannot answer probes at " + where + ": " + why);
}

SocketAddress address_of(const net::Endpoint& endpoint) {
  const auto address = net::parse_address(endpoint.address, endpoint.port);
  if (address) return *address;
  throw std::invalid_argument("\"" + endpoint.to_string() +
                              "\": probes are answered at an address in digits, such as 127.0.0.1:9465");
}

FileDescriptor open_responder(const SocketAddress& address, const std::string& where) {
  const int family = address.storage.ss_family;
  FileDescriptor fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) refuse_to_listen(where, errno);
  const int on = 1;
  // IPv4 has a socket of its own: only there does the kernel tell what was sent to all of a network.
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

void check_limits(const EchoResponderOptions& options) {
  if (!(options.answers_per_second > 0) || !(options.answers_per_second_per_source > 0))
    throw std::invalid_argument("EchoResponderOptions: a limit on answers is more than 0 a second");
  if (options.sources == 0 || options.sources > kMostSources)
    throw std::invalid_argument("EchoResponderOptions::sources: expected 1 to 1000000");
}

}  // namespace

class EchoResponder::Impl final {
 public:
  explicit Impl(const EchoResponderOptions& options)
      : endpoint_(net::Endpoint::parse(options.listen)),
        socket_(open_responder(address_of(endpoint_), endpoint_.to_string())),
        stop_(::eventfd(0, EFD_CLOEXEC)),
        limits_(options.answers_per_second, options.answers_per_second_per_source, options.sources,
                draw_secret()),
        id_(draw_secret()),
        begin_(std::chrono::steady_clock::now()) {
    if (!stop_) throw std::runtime_error("no file descriptor is left for a responder; see ulimit -n");
    endpoint_.port = port_of(socket_.get());
    thread_ = net::start_thread("kymo-echo", [this] { run(); });
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  ~Impl() {
    const std::uint64_t one = 1;
    const ssize_t written = ::write(stop_.get(), &one, sizeof one);
    static_cast<void>(written);  // an eventfd that never counted before takes a one
    thread_.join();
  }

  [[nodiscard]] std::string address() const { return endpoint_.to_string(); }

  [[nodiscard]] Statistics statistics() const noexcept {
    return {.answered = answered_, .refused = refused_, .limited = limited_, .failed = failed_};
  }

 private:
  void run() noexcept {
    std::array<pollfd, 2> waiting{pollfd{socket_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    while (::poll(waiting.data(), waiting.size(), -1) >= 0 || errno == EINTR) {
      if ((waiting[1].revents & POLLIN) != 0) return;
      if (waiting[0].revents != 0) answer_waiting();
    }
  }

  void answer_waiting() noexcept {
    constexpr int kBetweenLooksAtStop = 64;
    for (int i = 0; i < kBetweenLooksAtStop; ++i) {
      const auto datagram = receive_datagram(socket_.get(), buffer_);
      // An error that waited, such as a port that went, was somebody else's answer.
      if (!datagram && errno == EAGAIN) return;
      if (datagram) answer(*datagram);
    }
  }

  void answer(const Datagram& datagram) noexcept {
    const auto content = std::span(buffer_).first(datagram.bytes);
    auto message = datagram.is_cut ? std::nullopt : read_echo(content);
    if (!message || message->type != EchoType::request || !is_for_one(datagram.to)) {
      ++refused_;
      return;
    }
    if (!limits_.allow(datagram.from, std::chrono::steady_clock::now())) {
      ++limited_;
      return;
    }
    message->type = EchoType::answer;
    message->responder = id_;
    message->received_ns = time_of(datagram.arrived);
    message->answered_ns = time_of(std::chrono::steady_clock::now());
    write_echo(*message, content);
    ++(send_datagram(socket_.get(), content, datagram.from, datagram.to) ? answered_ : failed_);
  }

  /// Since this responder began, so that nobody learns how long the machine has run.
  [[nodiscard]] std::uint64_t time_of(std::chrono::steady_clock::time_point time) const noexcept {
    const std::chrono::nanoseconds since = time - begin_;
    return since.count() > 0 ? static_cast<std::uint64_t>(since.count()) : 0;
  }

  net::Endpoint endpoint_;
  FileDescriptor socket_;
  FileDescriptor stop_;
  SourceLimits limits_;
  std::uint64_t id_;
  std::chrono::steady_clock::time_point begin_;
  std::array<std::byte, kMaxEchoBytes> buffer_{};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> limited_{0};
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

}  // namespace kymo::probe
