#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <boost/asio/ssl/stream.hpp>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// Makes OpenSSL check the server's certificate for this name or address, and sends the name, by which the
/// server may choose one. Before the handshake. Throws std::bad_alloc.
void expect_server(SSL* connection, const std::string& host);

/// Offers HTTP/1.1 alone (RFC 7301). Before the handshake.
void offer_http(SSL* connection) noexcept;

/// The certificate of a server.
struct ServerCertificate {
  std::optional<std::chrono::system_clock::time_point> end;  ///< empty: no certificate, or no end in it
  std::string trouble;  ///< why the certificate is untrusted; empty: trusted
};

/// After the handshake.
[[nodiscard]] ServerCertificate server_certificate(const SSL* connection);

}  // namespace kymo::KYMO_ABI::net
