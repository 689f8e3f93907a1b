#pragma once

#include <optional>
#include <string>
#include <variant>

#include <kymo/base/file_descriptor.h>
#include <kymo/net/resolve.h>

#include "peer.h"

namespace kymo::KYMO_ABI::net {

/// The reason why an address is unavailable: errno, and for a taken port the inode of the socket that holds
/// it.
struct ListenFailure {
  int error = 0;
  std::optional<std::uint64_t> holder_inode;

  friend bool operator==(const ListenFailure&, const ListenFailure&) = default;
};

/// A listening TCP socket, non-blocking and closed by exec.
[[nodiscard]] std::variant<base::FileDescriptor, ListenFailure> open_listener(const SocketAddress& address);

/// The port a socket is bound to; 0 if unknown.
[[nodiscard]] std::uint16_t local_port(int fd) noexcept;

/// The failure in words for a person, with the holder's name and the remedy if
/// known.
[[nodiscard]] std::string describe(const ListenFailure& failure);

struct Accepted {
  base::FileDescriptor socket;  ///< non-blocking, closed by exec; none where `error` is set
  Peer peer;
  int error = 0;
};

/// Accepts one connection; `error` is EAGAIN when none waits.
[[nodiscard]] Accepted accept_connection(int listener);

/// True if a connection waits to be accepted. Without a free descriptor accept() fails before it looks.
[[nodiscard]] bool has_waiting(int listener) noexcept;

}  // namespace kymo::KYMO_ABI::net
