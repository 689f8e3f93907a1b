#include <kymo/net/tls.h>

#include <climits>
#include <new>
#include <string>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tls_context.h"

namespace kymo::KYMO_ABI::net {
namespace {

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
