#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <algorithm>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <kymo/base/file_descriptor.h>
#include <kymo/probe/prober.h>

#include "src/probe/echo_message.h"

namespace kymo::KYMO_ABI::probe::test {

/// Long enough for any machine; only what is broken takes it.
inline constexpr std::chrono::seconds kBound{60};

/// A UDP socket on a free port of the loopback address, or at a given one.
class UdpSocket {
 public:
  explicit UdpSocket(const sockaddr_in* address = nullptr)
      : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (address != nullptr) address_ = *address;
    socklen_t length = sizeof address_;
    ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address_), &length);
  }

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::uint16_t port() const { return ntohs(address_.sin_port); }
  [[nodiscard]] const sockaddr_in& address() const { return address_; }

  void send_to(const sockaddr_in& to, std::span<const std::byte> bytes) {
    ::sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }

  /// The next datagram, waited for so long; nothing where none came.
  std::optional<std::vector<std::byte>> receive(std::chrono::milliseconds time, sockaddr_in* from = nullptr) {
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(time.count())) != 1) return std::nullopt;
    std::array<std::byte, 2048> buffer;
    sockaddr_in sender{};
    socklen_t length = sizeof sender;
    const auto bytes =
        ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&sender), &length);
    if (bytes < 0) return std::nullopt;
    if (from != nullptr) *from = sender;
    return std::vector<std::byte>(buffer.begin(), buffer.begin() + bytes);
  }

 private:
  base::FileDescriptor fd_;
  sockaddr_in address_{};
};

/// Answers echoes as a test wants it to: lost, late, twice, in another order, or as somebody else.
class EchoPeer {
 public:
  /// Given each request, and a function that sends an answer to the prober.
  using Behaviour = std::function<void(EchoMessage request, const std::function<void(EchoMessage)>& answer)>;

  explicit EchoPeer(Behaviour behaviour) : behaviour_(std::move(behaviour)), thread_([this] { run(); }) {}
  ~EchoPeer() {
    is_over_ = true;
    thread_.join();
  }

  [[nodiscard]] Target target() const { return {ProbeKind::udp, "127.0.0.1", socket_.port(), ""}; }

  static EchoMessage answer_to(EchoMessage request) {
    request.type = EchoType::answer;
    request.received_ns = request.answered_ns = 1;
    request.responder = 1;
    return request;
  }

 private:
  void run() {
    while (!is_over_) {
      sockaddr_in prober{};
      const auto datagram = socket_.receive(std::chrono::milliseconds(20), &prober);
      if (!datagram) continue;
      const auto request = read_echo(*datagram);
      if (!request) continue;
      behaviour_(*request, [&](const EchoMessage& answer) {
        std::vector<std::byte> bytes(kEchoBytes);
        write_echo(answer, bytes);
        socket_.send_to(prober, bytes);
      });
    }
  }

  UdpSocket socket_;
  Behaviour behaviour_;
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

/// What a Prober tells, to be waited for.
class Results {
 public:
  struct One {
    std::uint64_t sequence;
    ProbeOutcome outcome;
    std::chrono::nanoseconds round_trip;
    bool reordered;
    bool has_ways;
    std::string reason;
  };

  std::function<void(const ProbeResult&)> sink() {
    return [this](const ProbeResult& result) {
      const std::lock_guard lock(mutex_);
      all_.push_back({result.sequence, result.outcome, result.round_trip, result.reordered,
                      result.ways.has_value(), std::string(result.reason)});
      came_.notify_all();
    };
  }

  /// All, once there are so many; fewer only where they never came.
  std::vector<One> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, kBound, [&] { return all_.size() >= count; });
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<One> all_;
};

inline std::size_t count(const std::vector<Results::One>& all, ProbeOutcome outcome) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [outcome](const auto& one) { return one.outcome == outcome; }));
}

}  // namespace kymo::KYMO_ABI::probe::test
