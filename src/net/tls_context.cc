#include "tls_context.h"

#include <array>
#include <stdexcept>
#include <string_view>

#include <openssl/ssl.h>

namespace kymo::KYMO_ABI::net {
namespace {

namespace ssl = boost::asio::ssl;

/// Mozilla's "intermediate" (ssl-config 5.7) without its DHE suites, which need parameters and which no
/// client of the last ten years requires. All suites of TLS 1.3 are good.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
/// In wire format (RFC 7301, section 3.1). Health checks of old load balancers offer HTTP/1.0.
constexpr std::string_view kProtocols = "\x08http/1.1\x08http/1.0";

/// Without OpenSSL's own clean-up at exit: a static server object ends after that.
ssl::context make_context() {
  OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr);
  return ssl::context(ssl::context::tls_server);
}

/// A client that offers only other protocols expects another server: RFC 7301 3.2 requires an alert.
int choose_protocol(SSL* /*connection*/, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void* /*unused*/) {
  unsigned char* out = nullptr;
  const auto* ours = reinterpret_cast<const unsigned char*>(kProtocols.data());
  const int found = SSL_select_next_proto(&out, size, ours, static_cast<unsigned int>(kProtocols.size()),
                                          offered, offered_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = out;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

TlsIdentity::Context::Context() : ssl_(make_context()) {
  SSL_CTX* context = ssl_.native_handle();
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // Releases the record buffers of idle connections.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  const bool is_set = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                      SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
                      SSL_CTX_set1_groups_list(context, kGroups) == 1;
  if (!is_set) throw std::runtime_error("this OpenSSL lacks the cipher suites that kymo asks for");
}

}  // namespace kymo::KYMO_ABI::net
