#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <sys/socket.h>

#include <kymo/version.h>

struct addrinfo;

namespace kymo::KYMO_ABI::net {

/// A socket address ready for bind().
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// Parses a numeric address, IPv4 or IPv6 without brackets, or `localhost`. A link-local IPv6 address may
/// have a zone (RFC 4007 11): `fe80::1%eth0`, or the interface's number; nothing if this machine has no such
/// interface now. Uses no name service.
[[nodiscard]] std::optional<SocketAddress> parse_address(std::string_view text, std::uint16_t port);

/// True if parse_address() accepts the text on a machine with the zone's interface.
[[nodiscard]] bool is_address(std::string_view text);

/// The address without its zone.
[[nodiscard]] std::string_view without_zone(std::string_view address) noexcept;

/// Turns `fe80::1%25eth0`, the form in a URL (RFC 6874, 2), into `fe80::1%eth0`. A number behind the `%` is
/// the interface's.
[[nodiscard]] std::string decoded_zone(std::string address);

/// True for fe80::/10, where only the zone names the link.
[[nodiscard]] bool is_link_local(const SocketAddress& address) noexcept;

/// Uses the system's name services; takes as long as they do. An error holds their message. `preferred`:
/// returned if it is among the addresses, because name servers rotate their order; null: the first.
[[nodiscard]] std::variant<SocketAddress, std::string> resolve_name(const std::string& name,
                                                                    std::uint16_t port,
                                                                    const SocketAddress* preferred = nullptr);

/// From a non-empty list: `preferred` if it is there, otherwise the first. With the port.
[[nodiscard]] SocketAddress choose_address(const addrinfo& list, std::uint16_t port,
                                           const SocketAddress* preferred) noexcept;

[[nodiscard]] bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept;

/// True for a possible host name (RFC 1123 2.1) that is not a malformed IPv4 address.
[[nodiscard]] bool is_valid_name(std::string_view text) noexcept;

/// Resolves a name in a detached thread. A name service may hang longer than stop() may take, and its call
/// cannot be cancelled.
class NameResolution final {
 public:
  using Result = std::variant<SocketAddress, std::string>;

  /// `preferred`: the address to keep while the name still has it. Errors: std::system_error if no thread can
  /// be made.
  NameResolution(const std::string& name, std::uint16_t port,
                 const std::optional<SocketAddress>& preferred = std::nullopt);

  /// The address or the error, once it is known. Threads: one.
  [[nodiscard]] std::optional<Result> result() const;
  /// Time that the name service took; 0 until it has answered. Threads: one.
  [[nodiscard]] std::chrono::nanoseconds took() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::net
