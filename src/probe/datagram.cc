#include "datagram.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>

#include <sys/socket.h>

namespace kymo::KYMO_ABI::probe {
namespace {

using std::chrono::nanoseconds;

/// Room for a time stamp and an address.
using ControlBuffer = std::array<std::byte, 256>;

nanoseconds duration_of(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

/// The kernel stamps by the wall clock, which may be set; so only the age is taken from the stamp.
std::chrono::steady_clock::time_point steady_time_of(const timespec& stamp) {
  constexpr nanoseconds kOldest = std::chrono::seconds(10);
  timespec wall{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  const auto now = std::chrono::steady_clock::now();
  const nanoseconds age = duration_of(wall) - duration_of(stamp);
  return age > nanoseconds::zero() && age < kOldest ? now - age : now;
}

template <class Content>
Content content_of(const cmsghdr* header) {
  Content content;
  std::memcpy(&content, CMSG_DATA(header), sizeof content);
  return content;
}

void read_control(msghdr& message, Datagram& datagram) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS) {
      datagram.arrived = steady_time_of(content_of<timespec>(header));
    } else if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      datagram.to.v4 = content_of<in_pktinfo>(header);
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      datagram.to.v6 = content_of<in6_pktinfo>(header);
    }
  }
}

template <class Content>
void put_control(msghdr& message, int level, int type, const Content& content) {
  message.msg_controllen = CMSG_SPACE(sizeof content);
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof content);
  std::memcpy(CMSG_DATA(header), &content, sizeof content);
}

}  // namespace

void note_arrivals(int fd) noexcept {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

void note_destinations(int fd, int family) noexcept {
  const int on = 1;
  if (family == AF_INET6) {
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  } else {
    ::setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  }
}

std::optional<Datagram> receive_datagram(int fd, std::span<std::byte> buffer) noexcept {
  Datagram datagram;
  alignas(cmsghdr) ControlBuffer control{};
  iovec content{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_name = &datagram.from.storage;
  message.msg_namelen = sizeof datagram.from.storage;
  message.msg_iov = &content;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t bytes = ::recvmsg(fd, &message, MSG_DONTWAIT);
  if (bytes < 0) return std::nullopt;
  datagram.arrived = std::chrono::steady_clock::now();
  datagram.bytes = static_cast<std::size_t>(bytes);
  datagram.is_cut = (message.msg_flags & MSG_TRUNC) != 0;
  datagram.from.length = message.msg_namelen;
  read_control(message, datagram);
  return datagram;
}

bool is_for_one(const LocalAddress& address) noexcept {
  // The kernel reports the packet's address, and the local one that it would answer from.
  if (address.v4) return address.v4->ipi_addr.s_addr == address.v4->ipi_spec_dst.s_addr;
  if (address.v6) return !IN6_IS_ADDR_MULTICAST(&address.v6->ipi6_addr);
  return true;
}

bool send_datagram(int fd, std::span<const std::byte> content, const net::SocketAddress& to,
                   const LocalAddress& from) noexcept {
  alignas(cmsghdr) ControlBuffer control{};
  // sendmsg() takes non-const pointers but changes nothing.
  iovec part{const_cast<std::byte*>(content.data()), content.size()};
  net::SocketAddress address = to;
  msghdr message{};
  message.msg_name = &address.storage;
  message.msg_namelen = address.length;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  if (from.v4) {
    in_pktinfo source = *from.v4;
    source.ipi_ifindex = 0;  // on any interface that leads there
    put_control(message, IPPROTO_IP, IP_PKTINFO, source);
  } else if (from.v6) {
    in6_pktinfo source = *from.v6;
    if (!IN6_IS_ADDR_LINKLOCAL(&source.ipi6_addr)) source.ipi6_ifindex = 0;
    put_control(message, IPPROTO_IPV6, IPV6_PKTINFO, source);
  } else {
    message.msg_control = nullptr;
  }
  return ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(content.size());
}

}  // namespace kymo::KYMO_ABI::probe
