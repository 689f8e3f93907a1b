#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include <kymo/net/client_error.h>
#include <kymo/net/client_url.h>

namespace kymo::KYMO_ABI::net {

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
