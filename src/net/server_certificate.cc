#include <kymo/net/server_certificate.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <new>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace kymo::KYMO_ABI::net {
namespace {

std::optional<std::chrono::system_clock::time_point> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  // A certificate may be valid until the year 9999, beyond the range of nanoseconds.
  constexpr std::time_t kMost = 9'000'000'000;
  return std::chrono::system_clock::from_time_t(std::clamp<std::time_t>(::timegm(&parts), 0, kMost));
}

}  // namespace

void expect_server(SSL* connection, const std::string& host) {
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(connection);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) return;
  if (X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size()) != 1) throw std::bad_alloc();
  // Server names exclude addresses (RFC 6066 3).
  SSL_set_tlsext_host_name(connection, host.c_str());
}

void offer_http(SSL* connection) noexcept {
  constexpr std::array<unsigned char, 9> kHttp = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_set_alpn_protos(connection, kHttp.data(), kHttp.size());
}

ServerCertificate server_certificate(const SSL* connection) {
  ServerCertificate found;
  const long verified = SSL_get_verify_result(connection);
  if (verified != X509_V_OK) found.trouble = X509_verify_cert_error_string(verified);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(connection),
                                                                &X509_free);
  if (certificate) found.end = time_of(X509_get0_notAfter(certificate.get()));
  return found;
}

}  // namespace kymo::KYMO_ABI::net
