#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// The URL of a server: `http://127.0.0.1:9464`, `https://[::1]:9464/behind/a/proxy`.
struct ClientUrl {
  bool tls = false;
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string path;  ///< prefix of each target; without a trailing slash, often empty

  /// `127.0.0.1:9464`, `[::1]:9464`: for a Host field (RFC 9110 7.2) and for messages.
  [[nodiscard]] std::string authority() const;
  /// The full form: `http://127.0.0.1:9464/path`.
  [[nodiscard]] std::string to_string() const;

  /// True for this machine: the name `localhost`, or a loopback address.
  [[nodiscard]] bool is_loopback() const noexcept;

  /// Reads a URL of scheme `http` or `https` (RFC 3986); the default scheme is `http`. The default port is
  /// the scheme's. Errors: ClientError with the text and the expected form.
  [[nodiscard]] static ClientUrl parse(std::string_view text);
};

}  // namespace kymo::KYMO_ABI::net
