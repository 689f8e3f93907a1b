#include "http_client.h"

#include <optional>
#include <utility>
#include <variant>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "client_socket.h"

namespace kymo::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;

struct HttpClient::Connection {
  std::optional<boost::asio::ssl::context> tls;
  std::variant<std::monostate, std::unique_ptr<TcpStream>, std::unique_ptr<TlsStream>> stream;
  beast::flat_buffer buffer;

  Connection(OperationRunner& runner, const ClientUrl& url, const ClientOptions& options) {
    if (url.tls) {
      tls.emplace(make_tls_context(options));
      stream = std::make_unique<TlsStream>(runner.io(), *tls);
    } else {
      stream = std::make_unique<TcpStream>(runner.io());
    }
    visit([&](auto& one) { connect_stream(runner, one, url, options); });
  }

  template <class Function>
  void visit(Function function) {
    if (auto* tcp = std::get_if<1>(&stream)) function(**tcp);
    if (auto* secure = std::get_if<2>(&stream)) function(**secure);
  }
};

HttpClient::HttpClient(ClientUrl url, ClientOptions options)
    : url_(std::move(url)), options_(std::move(options)), runner_(std::make_unique<OperationRunner>()) {}

HttpClient::~HttpClient() = default;

void HttpClient::interrupt() noexcept { runner_->interrupt(); }

HttpAnswer HttpClient::get(std::string_view target) {
  const bool was_open = connection_ != nullptr;
  try {
    return ask(target);
  } catch (const ClientError& error) {
    connection_.reset();
    // A server may close a connection that was idle at the very moment it is used again (RFC 9112 9.3.1).
    if (!was_open || error.kind() != ClientError::Kind::unreachable) throw;
  }
  try {
    return ask(target);
  } catch (...) {
    connection_.reset();
    throw;
  }
}

HttpAnswer HttpClient::ask(std::string_view target) {
  runner_->check();
  if (!connection_) connection_ = std::make_unique<Connection>(*runner_, url_, options_);
  http::request<http::empty_body> request(http::verb::get, url_.path + std::string(target), 11);
  request.set(http::field::host, url_.authority());
  request.set(http::field::accept, "application/json");
  if (!options_.token.empty()) request.set(http::field::authorization, "Bearer " + options_.token);
  http::response_parser<http::string_body> parser;
  parser.body_limit(options_.max_bytes);
  boost::system::error_code error;
  connection_->visit([&](auto& stream) {
    beast::get_lowest_layer(stream).expires_after(options_.timeout);
    error = runner_->run([&](auto handler) { http::async_write(stream, request, std::move(handler)); });
    if (error) return;
    error = runner_->run(
        [&](auto handler) { http::async_read(stream, connection_->buffer, parser, std::move(handler)); });
  });
  if (error == http::error::end_of_stream) error = boost::asio::error::eof;
  if (error == http::error::body_limit) {
    throw ClientError(ClientError::Kind::broken, url_.authority() + ": an answer of more than " +
                                                     std::to_string(options_.max_bytes) +
                                                     " bytes, which is the limit");
  }
  if (error) throw connection_error(url_, error, options_.timeout);
  auto answer = parser.release();
  if (!answer.keep_alive()) connection_.reset();
  return {answer.result_int(), std::move(answer.body())};
}

}  // namespace kymo::net
