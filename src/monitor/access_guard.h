#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/net/http_server.h>

#include "attempt_limit.h"

namespace kymo::monitor {

/// Why a request was not let in.
enum class Refusal : std::uint8_t { host, origin, token, attempts };
inline constexpr std::size_t kRefusals = 4;

/// Lets in who brings the token: as `Authorization: Bearer …` (RFC 6750, section 2.1), or as the cookie that
/// the login page gives a browser. Never as part of an address, where logs and histories keep it. Without a
/// token it lets everybody in.
///
/// A request that changes something and that a page of another origin sends (RFC 6454) is refused either way.
/// Comparing takes the same time wherever the first difference is. Wrong tokens are limited a second and
/// address; above that even the right one is not looked at. Threads: any.
class AccessGuard final {
 public:
  explicit AccessGuard(std::string token) : token_(std::make_shared<const std::string>(std::move(token))) {}

  /// Asks for another token from now on; empty: for none.
  void use_token(std::string token);

  struct Refused {
    Refusal reason;
    net::HttpResponse response;
  };
  /// Nothing: let in.
  [[nodiscard]] std::optional<Refused> check(const net::HttpRequest& request);

  enum class Verdict : std::uint8_t { right, wrong, too_many };
  /// One attempt of whoever sent the request.
  [[nodiscard]] Verdict attempt(std::string_view token, const net::HttpRequest& request);

  [[nodiscard]] bool asks_for_token() const { return !token()->empty(); }

  /// The cookie's name for the host asked. With its port, because cookies of one host are shared by all its
  /// ports.
  [[nodiscard]] static std::string cookie_name(const net::HttpRequest& request);

 private:
  using Token = std::shared_ptr<const std::string>;

  [[nodiscard]] Token token() const;

  mutable std::mutex mutex_;
  Token token_;
  AttemptLimit attempts_;
};

}  // namespace kymo::monitor
