#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// A certificate or key is unusable. `what()` begins with a verb, to follow the name of the file that `part`
/// tells: "is encrypted; …".
class KYMO_API TlsError final : public std::invalid_argument {
 public:
  enum class Part : std::uint8_t { certificate, key };

  TlsError(Part part, const std::string& what) : std::invalid_argument(what), part_(part) {}
  [[nodiscard]] Part part() const noexcept { return part_; }

 private:
  Part part_;
};

/// The certificate chain and private key that a server proves itself with.
///
/// A server with an identity speaks TLS 1.2 or 1.3 (RFC 5246, RFC 8446) with forward secrecy and
/// authenticated encryption only (the cipher suites of Mozilla's "intermediate" without DHE), and HTTP/1.1 by
/// ALPN (RFC 7301). Renegotiation and compression are off. Sessions resume by tickets; their keys belong to
/// this identity, and the server stores no session. Immutable; threads: any.
class KYMO_API TlsIdentity final {
 public:
  /// Reads both in PEM (RFC 7468): the server's own certificate first, then the chain to a root; the key
  /// unencrypted. Cost: some milliseconds. Errors: TlsError with the remedy.
  [[nodiscard]] static std::shared_ptr<const TlsIdentity> from_pem(std::string_view certificate_chain,
                                                                   std::string_view private_key);

  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;
  ~TlsIdentity();

  /// The reason why clients will refuse the certificate's dates today: "has expired at Nov 20 11:00:00 2026
  /// GMT". Empty where its dates are fine.
  [[nodiscard]] std::optional<std::string> date_fault() const;

  class Context;  ///< the server's own
  [[nodiscard]] Context& context() const noexcept { return *context_; }

 private:
  explicit TlsIdentity(std::unique_ptr<Context> context);

  std::unique_ptr<Context> context_;
};

}  // namespace kymo::KYMO_ABI::net
