#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
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

/// A request to a server failed. `what()` names the server, the fault and the remedy.
class ClientError final : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    bad_address,  ///< an invalid URL, or an unreadable file
    unreachable,  ///< no answer
    untrusted,    ///< TLS failed, or the certificate is not trusted
    refused,      ///< the server refused the request
    broken,       ///< the response broke the protocol or a limit
    interrupted,  ///< interrupt() was called
  };

  ClientError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}

  [[nodiscard]] Kind kind() const noexcept { return kind_; }

 private:
  Kind kind_;
};

/// Options of a client.
struct ClientOptions {
  std::string token = {};                   ///< for `Authorization: Bearer` (RFC 6750); empty: none
  std::string ca_file = {};                 ///< PEM, authorities to trust; empty: the system's
  std::chrono::milliseconds timeout{5000};  ///< of connecting, and of each response
  std::size_t max_bytes = 64UL << 20;       ///< of a response or a message
};

/// Explains an unexpected status to the caller.
[[nodiscard]] ClientError status_error(const ClientUrl& url, unsigned status, bool has_token);

}  // namespace kymo::KYMO_ABI::net
