#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "client_error.h"
#include "client_url.h"

namespace kymo::net {

/// How a server is asked.
struct ClientOptions {
  std::string token = {};                   ///< for `Authorization: Bearer` (RFC 6750); empty: none
  std::string ca_file = {};                 ///< PEM, authorities to trust; empty: the system's
  std::chrono::milliseconds timeout{5000};  ///< of connecting, and of each answer
  std::size_t max_bytes = 64UL << 20;       ///< of an answer or a message
};

/// What a status other than the expected one means for whoever asked.
[[nodiscard]] ClientError status_error(const ClientUrl& url, unsigned status, bool has_token);

}  // namespace kymo::net
