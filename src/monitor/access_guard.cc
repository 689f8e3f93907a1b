#include "access_guard.h"

#include <algorithm>
#include <array>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/net/json_error.h>
#include <kymo/net/uri.h>

#include "login_address.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::chrono::milliseconds kGuessDelay{200};
/// Pages without metrics: health checks, and the login.
constexpr std::array<std::string_view, 8> kOpen = {"/healthz",         "/readyz",          "/-/healthy",
                                                   "/-/ready",         "/login",           "/login.css",
                                                   "/assets/icon.svg", "/assets/index.css"};

bool is_open(std::string_view path) { return std::find(kOpen.begin(), kOpen.end(), path) != kOpen.end(); }

bool changes_something(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

std::string_view bearer_token(std::string_view authorization) {
  const bool is_bearer = authorization.size() > kBearer.size() &&
                         std::equal(kBearer.begin(), kBearer.end(), authorization.begin(),
                                    [](char wanted, char given) { return wanted == base::to_lower(given); });
  if (!is_bearer) return {};
  authorization.remove_prefix(kBearer.size());
  authorization.remove_prefix(std::min(authorization.find_first_not_of(' '), authorization.size()));
  return authorization;
}

/// Limit of look-ups, because each hashes the value for a client without a login.
constexpr std::size_t kMostLoginsAsked = 8;

/// The non-empty values of the cookies of that name (RFC 6265, section 4.2.1). Separate fields were joined by
/// a comma, which no value contains.
std::vector<std::string_view> cookies_named(std::string_view name, std::string_view cookies) {
  std::vector<std::string_view> values;
  while (!cookies.empty() && values.size() < kMostLoginsAsked) {
    const std::size_t end = std::min(cookies.find_first_of(";,"), cookies.size());
    std::string_view pair = cookies.substr(0, end);
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (!pair.starts_with(name) || !pair.substr(name.size()).starts_with('=')) continue;
    pair.remove_prefix(name.size() + 1);
    if (!pair.empty()) values.push_back(pair);
  }
  return values;
}

/// Reads every byte of the given text, in constant time.
bool same_in_constant_time(std::string_view given, std::string_view token) {
  auto difference = static_cast<unsigned>(given.size() != token.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(token[i % token.size()]);
    __asm__ volatile("" : "+r"(difference));  // keeps the compiler from ending the loop early
  }
  return difference == 0;
}

bool wants_a_page(const net::HttpRequest& request) {
  return (request.method == "GET" || request.method == "HEAD") &&
         request.header("accept").find("text/html") != std::string_view::npos;
}

net::HttpResponse unauthorized(const net::HttpRequest& request, std::string_view message) {
  net::HttpResponse response = net::json_error(
      401, message, "send it as `Authorization: Bearer TOKEN`; a browser asks for it at /login");
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"kymo\"");
  if (!wants_a_page(request)) return response;
  response = {};
  response.status = 303;
  response.headers = {{"Location", login_address(request.target)}, {"Cache-Control", "no-store"}};
  return response;
}

net::HttpResponse too_many() {
  net::HttpResponse response =
      net::json_error(429, "too many wrong tokens from this address", "wait a second");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

net::HttpResponse foreign(std::string_view origin) {
  return net::json_error(403, "pages of " + net::excerpt(origin) + " may not change anything here",
                         "send it from a page of this server, or from a program, without the Origin header");
}

}  // namespace

std::optional<AccessGuard::Refused> AccessGuard::check(const net::HttpRequest& request) {
  const std::string_view origin = request.header("origin");
  const std::string_view host = request.header("host");
  if (changes_something(request.method) && !origin.empty() && !net::is_same_host(origin, host)) {
    return Refused{Refusal::origin, foreign(origin)};
  }
  if (!asks_for_token() || is_open(request.path)) return std::nullopt;
  const std::string_view given = bearer_token(request.header("authorization"));
  if (given.empty()) {
    const std::vector<std::string_view> logins = logins_of(request);
    const auto is_open = [&](std::string_view id) { return logins_.is_open(id, request.received); };
    if (std::ranges::any_of(logins, is_open)) return std::nullopt;
    return Refused{Refusal::token, unauthorized(request, logins.empty() ? "this server asks for a token"
                                                                        : "this login has ended")};
  }
  switch (attempt(given, request)) {
    case Verdict::right: return std::nullopt;
    case Verdict::too_many: return Refused{Refusal::attempts, too_many()};
    case Verdict::wrong: break;
  }
  return Refused{Refusal::token, unauthorized(request, "that is not this server's token")};
}

AccessGuard::Verdict AccessGuard::attempt(std::string_view token, const net::HttpRequest& request) {
  if (is_right(token)) return Verdict::right;
  const bool is_over = attempts_.is_over(request.remote, request.received);
  attempts_.count_failure(request.remote, request.received);
  return is_over ? Verdict::too_many : Verdict::wrong;
}

bool AccessGuard::is_right(std::string_view token) const {
  const Token wanted = this->token();
  return wanted->empty() || same_in_constant_time(token, *wanted);
}

AccessGuard::LoggedIn AccessGuard::log_in(std::string_view token, const net::HttpRequest& request) {
  const Verdict verdict = attempt(token, request);
  if (verdict != Verdict::right) return {verdict, {}};
  std::string id = logins_.begin(request.received);
  // The token may have changed meanwhile, and ended all logins before this one began.
  if (is_right(token)) return {verdict, std::move(id)};
  logins_.end(id);
  return {Verdict::wrong, {}};
}

std::chrono::milliseconds AccessGuard::delay_of(const net::HttpRequest& request) {
  const bool brings_token = !bearer_token(request.header("authorization")).empty() ||
                            (request.method == "POST" && request.path == "/login");
  const bool is_slowed =
      brings_token && asks_for_token() && attempts_.is_over(request.remote, request.received);
  return is_slowed ? kGuessDelay : std::chrono::milliseconds::zero();
}

void AccessGuard::use_token(std::string token) {
  auto next = std::make_shared<const std::string>(std::move(token));
  {
    const std::lock_guard lock(mutex_);
    token_.swap(next);
  }
  logins_.end_all();
}

std::vector<std::string_view> AccessGuard::logins_of(const net::HttpRequest& request) {
  return cookies_named(cookie_name(request), request.header("cookie"));
}

AccessGuard::Token AccessGuard::token() const {
  const std::lock_guard lock(mutex_);
  return token_;
}

std::string AccessGuard::cookie_name(const net::HttpRequest& request) {
  const std::string_view host = request.header("host");
  const std::size_t colon = host.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? "" : host.substr(colon + 1);
  const bool is_port = !port.empty() && port.find_first_not_of("0123456789") == std::string_view::npos;
  return (request.is_secure ? "__Host-kymo_" : "kymo_") + std::string(is_port             ? port
                                                                      : request.is_secure ? "443"
                                                                                          : "80");
}

}  // namespace kymo::KYMO_ABI::monitor
