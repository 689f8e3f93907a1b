#include "client_socket.h"

#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>

#include <kymo/net/resolve.h>
#include <kymo/net/server_certificate.h>

namespace kymo::KYMO_ABI::net {
namespace {

using Kind = ClientError::Kind;

std::string seconds_text(std::chrono::milliseconds time) {
  const auto ms = time.count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

std::string reason_text(const boost::system::error_code& error, std::chrono::milliseconds timeout) {
  if (error == boost::beast::error::timeout) return "no answer within " + seconds_text(timeout);
  if (error == boost::asio::error::connection_refused) return "connection refused";
  if (error == boost::asio::error::eof) return "the server closed the connection";
  std::string text = error.message();
  return text.substr(0, text.find(" [system:"));
}

ClientError unreachable(const ClientUrl& url, const std::string& why) {
  return {Kind::unreachable, "cannot reach " + url.authority() + ": " + why +
                                 "; is the server running, and is this its address?"};
}

SocketAddress find_address(const OperationRunner& runner, const ClientUrl& url,
                           std::chrono::milliseconds timeout) {
  if (const auto address = parse_address(url.host, url.port)) return *address;
  const NameResolution resolution(url.host, url.port);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    runner.check();
    if (const auto result = resolution.result()) {
      if (const auto* address = std::get_if<SocketAddress>(&*result)) return *address;
      throw unreachable(url, std::get<std::string>(*result));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  throw unreachable(url, "its name was not resolved within " + seconds_text(timeout));
}

boost::asio::ip::tcp::endpoint endpoint_of(const SocketAddress& address) {
  boost::asio::ip::tcp::endpoint endpoint;
  std::memcpy(endpoint.data(), address.get(), address.length);
  endpoint.resize(address.length);
  return endpoint;
}

ClientError tls_error(const ClientUrl& url, Transport::Tls& stream, const boost::system::error_code& error,
                      std::chrono::milliseconds timeout) {
  const long verified = SSL_get_verify_result(stream.native_handle());
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return {Kind::untrusted, "the certificate of " + url.authority() + " is not for " + url.host +
                                 "; use a name or address that its certificate contains"};
  }
  if (verified != X509_V_OK) {
    return {Kind::untrusted, "the certificate of " + url.authority() +
                                 " is untrusted: " + X509_verify_cert_error_string(verified) +
                                 "; name the file of the authority that signed it (--ca-file)"};
  }
  return {Kind::untrusted, "no TLS with " + url.authority() + ": " + reason_text(error, timeout) +
                               "; does it serve https, or is it http://" + url.authority() + "?"};
}

/// The TLS context for checks of certificates.
boost::asio::ssl::context make_tls_context(const ClientOptions& options) {
  namespace ssl = boost::asio::ssl;
  ssl::context context(ssl::context::tls_client);
  boost::system::error_code error;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1,
                      error);
  context.set_verify_mode(ssl::verify_peer, error);
  if (options.ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(options.ca_file, error);
    if (error) {
      throw ClientError(Kind::bad_address, options.ca_file +
                                               ": no authorities can be read from it; expected a file of "
                                               "certificates in PEM form");
    }
  }
  return context;
}

void begin_tls(OperationRunner& runner, Transport& transport, boost::asio::ssl::context& context,
               const ClientUrl& url, const ClientOptions& options) {
  transport.begin_tls(context);
  Transport::Tls& tls = transport.tls();
  expect_server(tls.native_handle(), url.host);
  const auto error = runner.run(transport, options.timeout, [&](auto handler) {
    transport.async_handshake(boost::asio::ssl::stream_base::client, std::move(handler));
  });
  if (error) throw tls_error(url, tls, error, options.timeout);
}

}  // namespace

Transport connect(OperationRunner& runner, const ClientUrl& url, const ClientOptions& options) {
  std::optional<boost::asio::ssl::context> context;
  if (url.tls) context.emplace(make_tls_context(options));
  const auto endpoint = endpoint_of(find_address(runner, url, options.timeout));
  Transport transport{Transport::Socket(runner.io())};
  auto error = runner.run(transport, options.timeout, [&](auto handler) {
    transport.socket().async_connect(endpoint, std::move(handler));
  });
  if (error) throw unreachable(url, reason_text(error, options.timeout));
  transport.socket().set_option(boost::asio::ip::tcp::no_delay(true), error);
  if (context) begin_tls(runner, transport, *context, url, options);
  return transport;
}

ClientError connection_error(const ClientUrl& url, const boost::system::error_code& error,
                             std::chrono::milliseconds timeout) {
  const std::string name = error.category().name();
  if (name == "beast.http" || name == "boost.beast.http" || name == "boost.beast.websocket") {
    return {Kind::broken, url.authority() + " answers, but is not kymo: " + error.message() +
                              "; is this the right address?"};
  }
  return {Kind::unreachable, url.authority() + ": the connection was lost: " + reason_text(error, timeout)};
}

ClientError status_error(const ClientUrl& url, unsigned status, bool has_token) {
  std::string text = url.authority();
  switch (status) {
    case 401:
      text += has_token ? " refuses this token; is it the server's own token (--token-file)?"
                        : " requires a token; name its file (--token-file)";
      break;
    case 403: text += " refuses this client (403)"; break;
    case 404: text += " has no such path (404); is this server kymo?"; break;
    case 421:
      text += " refuses that Host name (421); use its address, or add the name to its web.allowed_hosts";
      break;
    case 429: text += " received too many wrong tokens (429); wait a second"; break;
    case 503:
      text += " cannot answer now (503): too many connections, or it is just starting or stopping";
      break;
    default: text += " answered with " + std::to_string(status);
  }
  return {Kind::refused, text};
}

}  // namespace kymo::KYMO_ABI::net
