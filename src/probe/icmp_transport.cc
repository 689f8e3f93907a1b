#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <variant>

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <kymo/base/file_descriptor.h>

#include "datagram.h"
#include "numbers.h"
#include "transport.h"

namespace kymo::KYMO_ABI::probe {
namespace {

constexpr std::size_t kIcmpHeader = 8;
constexpr std::size_t kIcmpContent = 16;  // session and sequence number
constexpr std::size_t kMaxIcmpContent = 1472;
constexpr std::uint8_t kEchoRequest4 = 8;
constexpr std::uint8_t kEchoReply4 = 0;
/// Not in the C library's headers: linux/icmp.h.
constexpr int kIcmpFilter = 1;

struct IcmpSocket {
  base::FileDescriptor fd;
  bool is_raw = false;
};

/// First the kind that needs no rights, where the kernel delivers answers to the right socket.
std::variant<IcmpSocket, int> open_icmp(int family) {
  const int protocol = family == AF_INET6 ? int{IPPROTO_ICMPV6} : int{IPPROTO_ICMP};
  constexpr int kFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  base::FileDescriptor plain(::socket(family, SOCK_DGRAM | kFlags, protocol));
  if (plain) return IcmpSocket{std::move(plain), false};
  base::FileDescriptor raw(::socket(family, SOCK_RAW | kFlags, protocol));
  if (!raw) return errno;
  if (family == AF_INET6) {
    icmp6_filter filter{};
    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
    ::setsockopt(raw.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
  } else {
    const std::uint32_t blocked = ~(1U << kEchoReply4);
    ::setsockopt(raw.get(), SOL_RAW, kIcmpFilter, &blocked, sizeof blocked);
  }
  return IcmpSocket{std::move(raw), true};
}

/// RFC 1071.
std::uint16_t internet_checksum(std::span<const std::byte> bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    sum += get_big_endian<std::uint16_t>(bytes.subspan(i));
  if (bytes.size() % 2 != 0) sum += std::to_integer<std::uint32_t>(bytes.back()) << 8U;
  while (sum > 0xFFFF) sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

class IcmpTransport final : public Transport {
 public:
  explicit IcmpTransport(const TransportParts& parts)
      : parts_(parts), is_v6_(parts.address.storage.ss_family == AF_INET6), session_(draw_secret()) {
    static_cast<void>(open());
  }

  void send(std::uint64_t sequence) override {
    if (!watch_) {
      if (const int error = open(); error != 0) return tell_socket_error(parts_.events, sequence, error);
    }
    const auto packet =
        std::span(buffer_).first(kIcmpHeader + std::clamp(parts_.bytes, kIcmpContent, kMaxIcmpContent));
    std::fill(packet.begin(), packet.end(), std::byte{0});
    put_big_endian(packet, is_v6_ ? std::uint8_t{ICMP6_ECHO_REQUEST} : kEchoRequest4);
    // The kernel writes its own identifier where it delivers by it, and the checksum for IPv6.
    put_big_endian(packet.subspan(4), static_cast<std::uint16_t>(session_));
    put_big_endian(packet.subspan(6), static_cast<std::uint16_t>(sequence));
    put_big_endian(packet.subspan(8), session_);
    put_big_endian(packet.subspan(16), sequence);
    if (!is_v6_) put_big_endian(packet.subspan(2), internet_checksum(packet));
    if (::send(watch_->fd(), packet.data(), packet.size(), MSG_NOSIGNAL) < 0)
      parts_.events.on_trouble(error_text(errno));
  }

  void drain() override {
    if (!watch_) return;
    receive_all(
        watch_->fd(), received_, [this](const Datagram& datagram) { take(datagram); },
        [this](int error) { parts_.events.on_trouble(error_text(error)); });
  }

 private:
  /// 0, or the error while there is no route to that address; one may come later.
  int open() {
    auto opened = open_icmp(parts_.address.storage.ss_family);
    if (const int* error = std::get_if<int>(&opened)) return *error;
    auto& socket = std::get<IcmpSocket>(opened);
    is_raw_ = socket.is_raw;
    // The port must be 0: raw IPv6 sockets take it as a protocol number.
    if (::connect(socket.fd.get(), parts_.address.get(), parts_.address.length) != 0) return errno;
    note_arrivals(socket.fd.get());
    watch_.emplace(parts_.io, std::move(socket.fd), [this] { drain(); });
    return 0;
  }

  /// A raw socket also receives others' answers, so foreign ones are ignored.
  void take(const Datagram& datagram) {
    auto packet = std::span<const std::byte>(received_).first(std::min(datagram.bytes, received_.size()));
    if (is_raw_ && !is_v6_) {
      if (packet.empty()) return;
      const std::size_t header = 4 * (std::to_integer<std::size_t>(packet[0]) & 0x0FU);
      packet = packet.subspan(std::min(header, packet.size()));
    }
    if (packet.size() < kIcmpHeader + kIcmpContent) return;
    const auto reply = is_v6_ ? std::uint8_t{ICMP6_ECHO_REPLY} : kEchoReply4;
    if (get_big_endian<std::uint8_t>(packet) != reply) return;
    if (get_big_endian<std::uint64_t>(packet.subspan(8)) != session_) return;
    Answer answer;
    answer.sequence = get_big_endian<std::uint64_t>(packet.subspan(16));
    answer.arrived = datagram.arrived;
    parts_.events.on_answer(answer);
  }

  TransportParts parts_;
  bool is_v6_;
  bool is_raw_ = false;
  std::uint64_t session_;
  std::array<std::byte, kIcmpHeader + kMaxIcmpContent> buffer_{};
  std::array<std::byte, 2048> received_{};
  std::optional<ReadWatch> watch_;
};

}  // namespace

std::string why_no_icmp(int family) {
  const auto opened = open_icmp(family);
  const int* const error = std::get_if<int>(&opened);
  if (error == nullptr) return {};
  if (*error != EPERM && *error != EACCES) return "no ICMP here: " + error_text(*error);
  return "this process may not send ICMP; let all do so by `sysctl -w net.ipv4.ping_group_range=\"0 "
         "2147483647\"`, or this program by `setcap cap_net_raw+ep` on its file; or probe by udp or tcp";
}

std::unique_ptr<Transport> make_icmp_transport(const TransportParts& parts) {
  return std::make_unique<IcmpTransport>(parts);
}

}  // namespace kymo::KYMO_ABI::probe
