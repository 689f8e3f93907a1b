#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/net/http_server.h>

#include "attempt_limit.h"
#include "logins.h"

namespace kymo::KYMO_ABI::monitor {

/// The reason why a request was refused.
enum class Refusal : std::uint8_t { host, origin, token, attempts };
inline constexpr std::size_t kRefusals = 4;

/// Accepts requests with the token as `Authorization: Bearer …` (RFC 6750, section 2.1), or with the cookie
/// of an open login. A token in a URL is refused, because logs and histories keep URLs. Without a configured
/// token every request is accepted.
///
/// A state-changing request from a page of another origin (RFC 6454) is always refused. The comparison takes
/// constant time. A right token is never refused. Repeated guesses from one address are delayed: see
/// delay_of(). Threads: any.
class AccessGuard final {
 public:
  explicit AccessGuard(std::string token) : token_(std::make_shared<const std::string>(std::move(token))) {}

  /// Replaces the token; empty: none is required. Ends all logins.
  void use_token(std::string token);

  struct Refused {
    Refusal reason;
    net::HttpResponse response;
  };
  /// Nothing: accepted.
  [[nodiscard]] std::optional<Refused> check(const net::HttpRequest& request);

  enum class Verdict : std::uint8_t { right, wrong, too_many };
  /// One guess. `too_many`: wrong, after several from this address in the same second.
  [[nodiscard]] Verdict attempt(std::string_view token, const net::HttpRequest& request);
  struct LoggedIn {
    Verdict verdict;
    std::string id;  ///< the login's id, if the verdict is `right`
  };
  /// One guess. A right one begins a login, which the next use_token() ends, even a concurrent one.
  [[nodiscard]] LoggedIn log_in(std::string_view token, const net::HttpRequest& request);
  /// The delay of this request's response. Not zero for a request with a token, right or wrong, from an
  /// address with too many guesses in this second: an earlier response would reveal the result.
  [[nodiscard]] std::chrono::milliseconds delay_of(const net::HttpRequest& request);

  [[nodiscard]] bool asks_for_token() const { return !token()->empty(); }

  [[nodiscard]] Logins& logins() noexcept { return logins_; }
  [[nodiscard]] const Logins& logins() const noexcept { return logins_; }
  /// The logins in the request's cookies, open or not; the first few. There may be several, since another
  /// port of this host may set a cookie of that name.
  [[nodiscard]] static std::vector<std::string_view> logins_of(const net::HttpRequest& request);
  /// The cookie's name for the requested host. With its port, because a host's ports share cookies. With the
  /// prefix `__Host-` over TLS, so no other host and no plain connection can set it.
  [[nodiscard]] static std::string cookie_name(const net::HttpRequest& request);

 private:
  using Token = std::shared_ptr<const std::string>;

  [[nodiscard]] Token token() const;
  [[nodiscard]] bool is_right(std::string_view token) const;

  mutable std::mutex mutex_;
  Token token_;
  AttemptLimit attempts_;
  Logins logins_;
};

}  // namespace kymo::KYMO_ABI::monitor
