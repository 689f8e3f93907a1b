#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// Why texts are no identity. `what()` begins with a verb, to be put behind the name of the file that `part`
/// tells: "is encrypted; …".
class KYMO_API TlsError final : public std::invalid_argument {
 public:
  enum class Part : std::uint8_t { certificate, key };

  TlsError(Part part, const std::string& what) : std::invalid_argument(what), part_(part) {}
  [[nodiscard]] Part part() const noexcept { return part_; }

 private:
  Part part_;
};

/// What a server shows its clients to prove who it is: a certificate chain and its private key.
///
/// Whoever is served with it speaks TLS 1.2 or 1.3 (RFC 5246, RFC 8446) with forward secrecy and
/// authenticated encryption only (the cipher suites of Mozilla's "intermediate" without DHE), HTTP/1.1 by
/// ALPN (RFC 7301), without renegotiation and compression. Sessions resume by tickets, whose keys are of this
/// identity; the server keeps none. Immutable; threads: any.
class KYMO_API TlsIdentity final {
 public:
  /// Reads both in PEM (RFC 7468): the server's own certificate first, then those that lead to a root; the
  /// key unencrypted. Cost: some milliseconds. Errors: TlsError for what cannot be used, with the remedy.
  [[nodiscard]] static std::shared_ptr<const TlsIdentity> from_pem(std::string_view certificate_chain,
                                                                   std::string_view private_key);

  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;
  ~TlsIdentity();

  /// Why clients will refuse the certificate today: "has expired at Nov 20 11:00:00 2026 GMT". Nothing where
  /// its dates are fine.
  [[nodiscard]] std::optional<std::string> date_fault() const;

  class Context;  ///< the server's own
  [[nodiscard]] Context& context() const noexcept { return *context_; }

 private:
  explicit TlsIdentity(std::unique_ptr<Context> context);

  std::unique_ptr<Context> context_;
};

}  // namespace kymo::KYMO_ABI::net
