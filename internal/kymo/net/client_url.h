#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// Where a server is asked: `http://127.0.0.1:9464`, `https://[::1]:9464/behind/a/proxy`.
struct ClientUrl {
  bool tls = false;
  std::string host;  ///< without the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string path;  ///< what stands before each target; without a slash at its end, often empty

  /// `127.0.0.1:9464`, `[::1]:9464`: for a Host field (RFC 9110 7.2) and for messages.
  [[nodiscard]] std::string authority() const;
  /// As it was meant: `http://127.0.0.1:9464/path`.
  [[nodiscard]] std::string to_string() const;

  /// Whether it is this machine, by its name `localhost` or an address that no other has.
  [[nodiscard]] bool is_loopback() const noexcept;

  /// Reads a URL of scheme `http` or `https` (RFC 3986); without a scheme it is `http`. A port that is not
  /// there is the scheme's. Errors: ClientError that names the text and what is expected.
  [[nodiscard]] static ClientUrl parse(std::string_view text);
};

}  // namespace kymo::KYMO_ABI::net
