#include <array>
#include <climits>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <kymo/net/tls.h>

#include "tls_context.h"

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

using Part = TlsError::Part;

/// Frees OpenSSL's objects.
struct Freed {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Freed>;

/// OpenSSL's last error. Empties the queue, or the next operation would report the rest.
std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

Owned<BIO> text_source(std::string_view text, Part part) {
  if (text.size() > INT_MAX) throw TlsError(part, "is too large");
  Owned<BIO> source(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (source == nullptr) throw std::bad_alloc();
  return source;
}

/// Gives no password, and notes the request for one.
int note_encrypted(char* /*buffer*/, int /*size*/, int /*writing*/, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

Owned<X509> next_certificate(BIO* source) {
  bool was_asked = false;
  return Owned<X509>(PEM_read_bio_X509(source, nullptr, note_encrypted, &was_asked));
}

/// True if the parser stopped at the end of the text, and not at a fault.
bool is_at_end() {
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (is_end) ERR_clear_error();
  return is_end;
}

void use_chain(SSL_CTX* context, std::string_view text) {
  const auto source = text_source(text, Part::certificate);
  Owned<X509> certificate = next_certificate(source.get());
  if (certificate == nullptr) {
    if (is_at_end()) {
      throw TlsError(Part::certificate,
                     "holds no certificate; expected PEM, which has a line -----BEGIN CERTIFICATE-----");
    }
    throw TlsError(Part::certificate, "holds a broken certificate (" + openssl_reason() + ")");
  }
  if (SSL_CTX_use_certificate(context, certificate.get()) != 1) {
    throw TlsError(Part::certificate, "cannot be used: " + openssl_reason());
  }
  while ((certificate = next_certificate(source.get())) != nullptr) {
    if (SSL_CTX_add1_chain_cert(context, certificate.get()) != 1) {
      throw TlsError(Part::certificate, "has a further certificate that cannot be used: " + openssl_reason());
    }
  }
  if (!is_at_end()) {
    throw TlsError(Part::certificate, "has a further certificate that is broken (" + openssl_reason() + ")");
  }
}

void use_key(SSL_CTX* context, std::string_view text) {
  if (text.find("PRIVATE KEY-----") == std::string_view::npos) {
    throw TlsError(Part::key,
                   "holds no private key; expected PEM, which has a line -----BEGIN PRIVATE KEY-----");
  }
  const auto source = text_source(text, Part::key);
  bool is_encrypted = false;
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(source.get(), nullptr, note_encrypted, &is_encrypted));
  if (is_encrypted) {
    ERR_clear_error();
    throw TlsError(Part::key,
                   "is encrypted, and kymo cannot ask for its password; decrypt it with `openssl pkey -in "
                   "KEY -out PLAIN_KEY`, readable by kymo alone");
  }
  if (key == nullptr) throw TlsError(Part::key, "holds a broken private key (" + openssl_reason() + ")");
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1) {
    ERR_clear_error();
    throw TlsError(
        Part::key,
        "is not the key of the first certificate; give the key that this certificate was made for, "
        "and put the server's own certificate before those that signed it");
  }
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    throw TlsError(Part::key, "cannot be used: " + openssl_reason());
  }
}

std::string date_text(const ASN1_TIME* time) {
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  if (out == nullptr || ASN1_TIME_print(out.get(), time) != 1) return "an unknown time";
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
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

TlsIdentity::TlsIdentity(std::unique_ptr<Context> context) : context_(std::move(context)) {}
TlsIdentity::~TlsIdentity() = default;

std::shared_ptr<const TlsIdentity> TlsIdentity::from_pem(std::string_view certificate_chain,
                                                         std::string_view private_key) {
  auto context = std::make_unique<Context>();
  ERR_clear_error();
  use_chain(context->ssl().native_handle(), certificate_chain);
  use_key(context->ssl().native_handle(), private_key);
  return std::shared_ptr<const TlsIdentity>(new TlsIdentity(std::move(context)));
}

std::optional<std::string> TlsIdentity::date_fault() const {
  const X509* certificate = SSL_CTX_get0_certificate(context_->ssl().native_handle());
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    return "has expired at " + date_text(X509_get0_notAfter(certificate));
  }
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    return "is not valid before " + date_text(X509_get0_notBefore(certificate));
  }
  return std::nullopt;
}

}  // namespace kymo::KYMO_ABI::net
