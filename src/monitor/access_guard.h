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

/// Why a request was not let in.
enum class Refusal : std::uint8_t { host, origin, token, attempts };
inline constexpr std::size_t kRefusals = 4;

/// Lets in requests that carry the token as `Authorization: Bearer …` (RFC 6750, section 2.1), or the cookie
/// of an open login. Never a token in an address, where logs and histories keep it. Without a token it lets
/// everybody in.
///
/// A request that changes something and that a page of another origin sends (RFC 6454) is refused either way.
/// Comparing takes the same time wherever the first difference is. A right token is never refused. Guesses
/// from an address that goes on guessing are slowed down: see delay_of(). Threads: any.
class AccessGuard final {
 public:
  explicit AccessGuard(std::string token) : token_(std::make_shared<const std::string>(std::move(token))) {}

  /// Asks for another token from now on; empty: for none. Ends all logins.
  void use_token(std::string token);

  struct Refused {
    Refusal reason;
    net::HttpResponse response;
  };
  /// Nothing: let in.
  [[nodiscard]] std::optional<Refused> check(const net::HttpRequest& request);

  enum class Verdict : std::uint8_t { right, wrong, too_many };
  /// One guess. `too_many`: wrong, as others from this address in the same second.
  [[nodiscard]] Verdict attempt(std::string_view token, const net::HttpRequest& request);
  struct LoggedIn {
    Verdict verdict;
    std::string id;  ///< of the login, where the verdict is `right`
  };
  /// One guess; where it is right, a login, which the next use_token() ends, whenever that comes.
  [[nodiscard]] LoggedIn log_in(std::string_view token, const net::HttpRequest& request);
  /// How long the answer to this request must wait. Not zero for a request that brings a token, right or
  /// wrong, from an address that has guessed too often in this second: its answer must not tell sooner.
  [[nodiscard]] std::chrono::milliseconds delay_of(const net::HttpRequest& request);

  [[nodiscard]] bool asks_for_token() const { return !token()->empty(); }

  [[nodiscard]] Logins& logins() noexcept { return logins_; }
  [[nodiscard]] const Logins& logins() const noexcept { return logins_; }
  /// The logins that the request's cookies name, open or not; the first few of them. More than one, since
  /// another port of this host may set a cookie of that name.
  [[nodiscard]] static std::vector<std::string_view> logins_of(const net::HttpRequest& request);
  /// The cookie's name for the host asked. With its port, because cookies of one host are shared by all its
  /// ports. With the prefix `__Host-` over TLS, so that no other host and no clear connection can set it.
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
