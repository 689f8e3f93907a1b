#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

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

}  // namespace kymo::KYMO_ABI::net
