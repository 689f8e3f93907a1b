#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include <kymo/net/resolve.h>

namespace kymo::KYMO_ABI::net {

/// The process that listens on a wanted port.
struct PortHolder {
  pid_t pid = 0;
  std::string name;
};

/// Finds the listening socket that keeps `wanted` from being bound in the text of /proc/net/tcp or
/// /proc/net/tcp6 (Linux' proc_net_tcp: local address, state 0A, inode). Nothing if there is none.
[[nodiscard]] std::optional<std::uint64_t> find_listener_inode(std::string_view table,
                                                               const SocketAddress& wanted);

/// The same from the running kernel. Cost: reads two files as long as the machine has TCP sockets.
[[nodiscard]] std::optional<std::uint64_t> find_listener_inode(const SocketAddress& wanted);

/// Finds the process of a socket. Cost: a walk over all of /proc that this user may read. Nothing without
/// permission.
[[nodiscard]] std::optional<PortHolder> find_holder(std::uint64_t inode);

}  // namespace kymo::KYMO_ABI::net
