#include <kymo/net/http_client.h>

#include <utility>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "client_socket.h"

namespace kymo::KYMO_ABI::net {

namespace beast = boost::beast;
namespace http = boost::beast::http;

struct HttpClient::Connection {
  Transport transport;
  beast::flat_buffer buffer;
};

HttpClient::HttpClient(ClientUrl url, ClientOptions options)
    : url_(std::move(url)), options_(std::move(options)), runner_(std::make_unique<OperationRunner>()) {}

HttpClient::~HttpClient() = default;

void HttpClient::interrupt() noexcept { runner_->interrupt(); }

HttpAnswer HttpClient::get(std::string_view target) { return ask_again_where_idle(Method::get, target); }

HttpAnswer HttpClient::post(std::string_view target) { return ask_again_where_idle(Method::post, target); }

HttpAnswer HttpClient::ask_again_where_idle(Method method, std::string_view target) {
  const bool was_open = connection_ != nullptr;
  try {
    return ask(method, target);
  } catch (const ClientError& error) {
    connection_.reset();
    // A server may close an idle connection at the moment of its next use (RFC 9112 9.3.1).
    if (!was_open || error.kind() != ClientError::Kind::unreachable) throw;
  }
  try {
    return ask(method, target);
  } catch (...) {
    connection_.reset();
    throw;
  }
}

HttpAnswer HttpClient::ask(Method method, std::string_view target) {
  runner_->check();
  if (!connection_) connection_ = std::make_unique<Connection>(connect(*runner_, url_, options_));
  http::request<http::empty_body> request(method == Method::post ? http::verb::post : http::verb::get,
                                          url_.path + std::string(target), 11);
  if (method == Method::post) request.content_length(0);
  request.set(http::field::host, url_.authority());
  request.set(http::field::accept, "application/json");
  if (!options_.token.empty()) request.set(http::field::authorization, "Bearer " + options_.token);
  http::response_parser<http::string_body> parser;
  parser.body_limit(options_.max_bytes);
  auto& [transport, buffer] = *connection_;
  auto error = runner_->run(transport, options_.timeout,
                            [&](auto handler) { http::async_write(transport, request, std::move(handler)); });
  if (!error) {
    error = runner_->run(transport, options_.timeout, [&](auto handler) {
      http::async_read(transport, buffer, parser, std::move(handler));
    });
  }
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

}  // namespace kymo::KYMO_ABI::net
