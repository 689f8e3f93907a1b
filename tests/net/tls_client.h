#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include <kymo/base/file_descriptor.h>

namespace kymo::KYMO_ABI::net::test {

/// OpenSSL's own client, blocking. Fails after a minute, so that a hung server is a red test and not a hung
/// one.
class TlsClient final {
 public:
  struct Options {
    int least = TLS1_2_VERSION;
    int most = TLS1_3_VERSION;
    std::string alpn = "http/1.1";               ///< one protocol; empty: none is named
    int receive_buffer = 0;                      ///< bytes; 0: as the system likes
    std::chrono::milliseconds patience{60'000};  ///< for each read and write
  };

  explicit TlsClient(std::uint16_t port, const Options& options);
  explicit TlsClient(std::uint16_t port) : TlsClient(port, Options()) {}

  /// Whether the handshake went well; `error()` says why not.
  [[nodiscard]] bool connected() const noexcept { return connected_; }
  [[nodiscard]] const std::string& error() const noexcept { return error_; }
  [[nodiscard]] SSL* ssl() const noexcept { return ssl_.get(); }
  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  /// "TLSv1.3"
  [[nodiscard]] std::string version() const { return SSL_get_version(ssl_.get()); }
  /// The protocol agreed on by ALPN.
  [[nodiscard]] std::string protocol() const;
  /// The name in the server's certificate.
  [[nodiscard]] std::string server_name() const;

  bool send(std::string_view bytes) const;
  /// Everything up to what ends with `end`; less where the server ended before.
  [[nodiscard]] std::string read_until(std::string_view end);
  [[nodiscard]] std::string read(std::size_t size);
  /// Everything until the server ends the connection.
  [[nodiscard]] std::string read_to_end();
  /// The server said that nothing more comes (close_notify).
  [[nodiscard]] bool was_ended_properly() const noexcept { return ended_properly_; }

 private:
  struct Freed {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };

  bool fill();

  base::FileDescriptor socket_;
  std::unique_ptr<SSL_CTX, Freed> context_;
  std::unique_ptr<SSL, Freed> ssl_;
  std::string buffer_;
  std::string error_;
  bool connected_ = false;
  bool ended_properly_ = false;
};

}  // namespace kymo::KYMO_ABI::net::test
