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

/// Sends requests to one server over one persistent connection (RFC 9112 9.3), with TLS for https. Threads:
/// one at a time, except interrupt(). Cost: the calling thread waits.
class HttpClient final {
 public:
  HttpClient(ClientUrl url, ClientOptions options);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// The response to `GET target`, with any status. Redirects are not followed: a token is for one server.
  /// Errors: ClientError; the next call connects anew.
  [[nodiscard]] HttpAnswer get(std::string_view target);

  /// The same with POST and no body. After a broken connection the request may be sent twice.
  HttpAnswer post(std::string_view target);

  /// Ends a running call, and all later ones, with a ClientError. Threads: any.
  void interrupt() noexcept;

 private:
  struct Connection;
  enum class Method : std::uint8_t { get, post };
  [[nodiscard]] HttpAnswer ask(Method method, std::string_view target);
  [[nodiscard]] HttpAnswer ask_again_where_idle(Method method, std::string_view target);

  ClientUrl url_;
  ClientOptions options_;
  std::unique_ptr<OperationRunner> runner_;
  std::unique_ptr<Connection> connection_;  // destroyed before the runner
};

}  // namespace kymo::KYMO_ABI::net
