#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// Why a server could not be asked. `what()` names the server, what happened, and what to do.
class ClientError final : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    bad_address,  ///< no URL that can be asked, or a file that it needs cannot be read
    unreachable,  ///< nobody answers
    untrusted,    ///< TLS fails, or the certificate is not one to trust
    refused,      ///< an answer that is no
    broken,       ///< an answer that is against the protocol, or over a limit
    interrupted,  ///< interrupt() was called
  };

  ClientError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}

  [[nodiscard]] Kind kind() const noexcept { return kind_; }

 private:
  Kind kind_;
};

}  // namespace kymo::KYMO_ABI::net
