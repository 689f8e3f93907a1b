#include "listening_socket.h"

#include <cerrno>
#include <system_error>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kymo/base/file_descriptor.h>

#include "port_holder.h"

namespace kymo::KYMO_ABI::net {
namespace {

ListenFailure last_failure(const SocketAddress& address) {
  ListenFailure failure{errno, std::nullopt};
  if (failure.error == EADDRINUSE) failure.holder_inode = find_listener_inode(address);
  return failure;
}

std::string describe_taken(const ListenFailure& failure) {
  const std::string taken = "address already in use";
  const auto holder = failure.holder_inode ? find_holder(*failure.holder_inode) : std::nullopt;
  if (!holder) return taken + " by a process that this user may not look into";
  if (holder->pid == ::getpid()) return taken + " by this same process";
  return taken + " by process " + std::to_string(holder->pid) + " (" + holder->name + ")";
}

}  // namespace

std::variant<base::FileDescriptor, ListenFailure> open_listener(const SocketAddress& address) {
  base::FileDescriptor fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return last_failure(address);
  const int on = 1;
  // Only lets a restart bind beside connections in TIME_WAIT; two listeners still exclude each other.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address.get(), address.length) != 0) return last_failure(address);
  if (::listen(fd.get(), SOMAXCONN) != 0) return last_failure(address);
  return fd;
}

std::uint16_t local_port(int fd) noexcept {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  return address.ss_family == AF_INET6 ? ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port)
                                       : ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

std::string describe(const ListenFailure& failure) {
  switch (failure.error) {
    case EADDRINUSE: return describe_taken(failure);
    case EADDRNOTAVAIL: return "this machine has no such address";
    case EACCES: return "not permitted; a port below 1024 needs the capability CAP_NET_BIND_SERVICE";
    case EAFNOSUPPORT: return "this machine does not support this kind of address";
    case EMFILE: return "this process has no file descriptor left; see ulimit -n";
    default: return std::generic_category().message(failure.error);
  }
}

Accepted accept_connection(int listener) {
  Accepted accepted;
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  accepted.socket.reset(
      ::accept4(listener, reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.socket) {
    accepted.error = errno;
    return accepted;
  }
  const int on = 1;
  ::setsockopt(accepted.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  accepted.peer = describe_peer(address);
  return accepted;
}

bool has_waiting(int listener) noexcept {
  pollfd queue{listener, POLLIN, 0};
  return ::poll(&queue, 1, 0) == 1 && (queue.revents & POLLIN) != 0;
}

}  // namespace kymo::KYMO_ABI::net
