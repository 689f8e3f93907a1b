#include "tls_client.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <kymo/base/file_descriptor.h>

namespace kymo::KYMO_ABI::net::test {
namespace {

std::string last_error() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

base::FileDescriptor connect_to(std::uint16_t port, const TlsClient::Options& options) {
  base::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = options.patience.count() / 1000,
                         .tv_usec = options.patience.count() % 1000 * 1000};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (options.receive_buffer > 0) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof options.receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
  return socket;
}

}  // namespace

TlsClient::TlsClient(std::uint16_t port, const Options& options)
    : socket_(connect_to(port, options)), context_(SSL_CTX_new(TLS_client_method())) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes as if nobody ever hung up
  SSL_CTX_set_min_proto_version(context_.get(), options.least);
  SSL_CTX_set_max_proto_version(context_.get(), options.most);
  // The server refuses old versions, not this client.
  SSL_CTX_set_security_level(context_.get(), 0);
  if (!options.alpn.empty()) {
    const std::string wire = static_cast<char>(options.alpn.size()) + options.alpn;
    SSL_CTX_set_alpn_protos(context_.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned int>(wire.size()));
  }
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), socket_.get());
  connected_ = SSL_connect(ssl_.get()) == 1;
  if (!connected_) error_ = last_error();
}

std::string TlsClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return size == 0 ? "" : std::string(reinterpret_cast<const char*>(name), size);
}

std::string TlsClient::server_name() const {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
  return name.data();
}

bool TlsClient::send(std::string_view bytes) const {
  return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
         static_cast<int>(bytes.size());
}

bool TlsClient::fill() {
  std::array<char, 16 * 1024> piece{};
  const int size = SSL_read(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
  if (size <= 0) {
    ended_properly_ = SSL_get_error(ssl_.get(), size) == SSL_ERROR_ZERO_RETURN;
    error_ = ended_properly_ ? "" : last_error();
    return false;
  }
  buffer_.append(piece.data(), static_cast<std::size_t>(size));
  return true;
}

std::string TlsClient::read_until(std::string_view end) {
  std::size_t at = std::string::npos;
  while ((at = buffer_.find(end)) == std::string::npos && fill()) {
  }
  return read(at == std::string::npos ? buffer_.size() : at + end.size());
}

std::string TlsClient::read(std::size_t size) {
  while (buffer_.size() < size && fill()) {
  }
  std::string out = buffer_.substr(0, std::min(size, buffer_.size()));
  buffer_.erase(0, out.size());
  return out;
}

std::string TlsClient::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

}  // namespace kymo::KYMO_ABI::net::test
