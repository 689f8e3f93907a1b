#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <kymo/net/tls.h>

namespace kymo::KYMO_ABI::net::test {

/// A self-signed certificate for 127.0.0.1 and its key, in PEM.
struct Certificate {
  std::string chain;
  std::string key;
};

/// Made by Debian's `openssl` with a key of this kind (`rsa:2048`, `ec -pkeyopt ec_paramgen_curve:P-256`) for
/// this name. Throws std::runtime_error where it fails.
[[nodiscard]] Certificate make_certificate(std::string_view name, std::string_view options = {});
/// What `openssl ARGUMENTS` makes of a text, which is in the file `in`. Throws std::runtime_error where it
/// fails.
[[nodiscard]] std::string openssl(std::string_view arguments, std::string_view input);

/// One identity for all tests that need any: making a key takes time.
[[nodiscard]] std::shared_ptr<const TlsIdentity> any_identity();

}  // namespace kymo::KYMO_ABI::net::test
