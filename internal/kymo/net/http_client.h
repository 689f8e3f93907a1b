#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <kymo/net/client_options.h>

namespace kymo::KYMO_ABI::net {

class OperationRunner;

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

/// Asks one server, on one connection that stays open from one question to the next (RFC 9112 9.3), over TLS
/// where the URL says https. Threads: one at a time, but for interrupt(). Cost: the calling thread waits.
class HttpClient final {
 public:
  HttpClient(ClientUrl url, ClientOptions options);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// The answer to `GET target`, whatever its status. Redirections are not followed: a token is for one
  /// server. Errors: ClientError; the next call connects anew.
  [[nodiscard]] HttpAnswer get(std::string_view target);

  /// The same with POST and no body. A call that was cut off may be made twice.
  HttpAnswer post(std::string_view target);

  /// Ends a call that goes on, and all later ones, with a ClientError. Threads: any.
  void interrupt() noexcept;

 private:
  struct Connection;
  enum class Method : std::uint8_t { get, post };
  [[nodiscard]] HttpAnswer ask(Method method, std::string_view target);
  [[nodiscard]] HttpAnswer ask_again_where_idle(Method method, std::string_view target);

  ClientUrl url_;
  ClientOptions options_;
  std::unique_ptr<OperationRunner> runner_;
  std::unique_ptr<Connection> connection_;  // goes before the runner
};

}  // namespace kymo::KYMO_ABI::net
