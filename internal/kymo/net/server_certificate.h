#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <boost/asio/ssl/stream.hpp>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// Has the certificate of a server checked for this name or address, by OpenSSL itself, and tells the server
/// the name, by which it may choose one. Before the handshake. Throws std::bad_alloc.
void expect_server(SSL* connection, const std::string& host);

/// Offers HTTP/1.1 alone (RFC 7301). Before the handshake.
void offer_http(SSL* connection) noexcept;

/// The certificate that a server has proved itself by.
struct ServerCertificate {
  std::optional<std::chrono::system_clock::time_point> end;  ///< nothing: there is none, or no time in it
  std::string trouble;  ///< why it is not to be trusted, by whom the context trusts; empty: it is
};

/// After the handshake.
[[nodiscard]] ServerCertificate server_certificate(const SSL* connection);

}  // namespace kymo::KYMO_ABI::net
