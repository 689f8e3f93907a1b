#include "login_routes.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/net/json_error.h>

#include "login_address.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

constexpr std::string_view kPageBegin = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>kymo: token</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/index.css">
<link rel="stylesheet" href="/login.css">
</head>
<body>
<main>
<h1><img src="/assets/icon.svg" alt="" width="40" height="40"> kymo</h1>
<form method="post" action=")";

constexpr std::string_view kPageMiddle = R"(">
<label for="token">This server's token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
)";

constexpr std::string_view kPageEnd = R"(<button>Show the server's pulse</button>
</form>
<p>Find the token in the file that the setting <code>web.token_file</code> names.</p>
</main>
</body>
</html>
)";

/// Uses the colours and type of /api's style sheet.
constexpr std::string_view kStyle = R"(main { max-width: 24rem; padding: 15vh 1rem 3rem; }
h1 { display: flex; gap: 0.75rem; align-items: center; margin-bottom: 1.5rem; }
form { display: grid; gap: 0.75rem; padding: 1.25rem; background: var(--card); border: 1px solid var(--edge);
  border-radius: 0.75rem; }
input, button { font: inherit; padding: 0.5rem 0.75rem; border-radius: 0.5rem; }
input { color: inherit; background: var(--ground); border: 1px solid var(--quiet); }
button { border: 0; background: var(--pulse); color: var(--on-pulse); font-weight: 600; cursor: pointer; }
:focus-visible { outline: 2px solid var(--pulse); outline-offset: 2px; }
p { color: var(--quiet); }
.wrong { margin: 0; color: var(--pulse); font-weight: 600; }
)";

/// Allows the form to post to this server; other pages need no form.
constexpr std::string_view kPolicy =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
constexpr std::string_view kCookieRules = "; Path=/; HttpOnly; SameSite=Strict";

net::HttpResponse text(std::string_view content_type, std::string content) {
  net::HttpResponse response;
  response.content_type = content_type;
  response.body = std::move(content);
  return response;
}

net::HttpResponse page(int status, std::string_view next, std::string_view complaint) {
  std::string html(kPageBegin);
  html += login_address(next);
  html += kPageMiddle;
  if (!complaint.empty()) html += "<p class=\"wrong\" role=\"alert\">" + std::string(complaint) + "</p>\n";
  net::HttpResponse response = text("text/html; charset=utf-8", html += kPageEnd);
  response.status = status;
  response.headers.emplace_back("Content-Security-Policy", kPolicy);
  // Under the other pages' no-referrer policy a browser would send the form with `Origin: null` (Fetch, 3.2).
  response.headers.emplace_back("Referrer-Policy", "same-origin");
  return response;
}

/// A cookie given over TLS is never sent over plain HTTP.
std::string cookie(const net::HttpRequest& request, std::string_view value, std::string_view lifetime) {
  std::string text = AccessGuard::cookie_name(request) + "=";
  return text.append(value).append(kCookieRules).append(request.is_secure ? "; Secure" : "").append(lifetime);
}

net::HttpResponse see_other(std::string location, std::string cookie) {
  net::HttpResponse response;
  response.status = 303;
  response.headers = {{"Location", std::move(location)}, {"Set-Cookie", std::move(cookie)}};
  return response;
}

std::string field(const net::HttpRequest& request, std::string_view name) {
  const auto form = request.form();
  if (!form) return {};
  for (const auto& [key, value] : *form) {
    if (key == name) return value;
  }
  return {};
}

/// The page that the browser came from, to return to.
std::string next_of(const net::HttpRequest& request) {
  const std::string* const next = request.query_value("next");
  return next != nullptr && is_own_place(*next) ? *next : "/";
}

net::HttpResponse log_in(AccessGuard& guard, const net::HttpRequest& request) {
  const std::string token = field(request, "token");
  std::string next = next_of(request);
  const auto [verdict, id] = guard.log_in(token, request);
  switch (verdict) {
    case AccessGuard::Verdict::wrong: return page(401, next, "That is not this server's token.");
    case AccessGuard::Verdict::too_many: return page(429, next, "Too many wrong tokens; wait a second.");
    case AccessGuard::Verdict::right: break;
  }
  const std::string lifetime = "; Max-Age=" + std::to_string(std::chrono::seconds(Logins::kLifetime).count());
  return see_other(std::move(next), cookie(request, id, lifetime));
}

net::HttpResponse log_out(AccessGuard& guard, const std::function<void()>& on_logout,
                          const net::HttpRequest& request) {
  bool has_ended = false;
  for (const std::string_view id : AccessGuard::logins_of(request)) {
    has_ended = guard.logins().end(id) || has_ended;
  }
  if (has_ended && on_logout) on_logout();
  return see_other("/login", cookie(request, {}, "; Max-Age=0"));
}

}  // namespace

std::vector<live::Route> login_routes(AccessGuard& guard, std::function<void()> on_logout) {
  std::vector<live::Route> routes = {
      {"GET", "/login", [](const net::HttpRequest& request) { return page(200, next_of(request), {}); }},
      {"GET", "/login.css",
       [](const net::HttpRequest&) { return text("text/css; charset=utf-8", std::string(kStyle)); }},
      {"POST", "/login", [&guard](const net::HttpRequest& request) { return log_in(guard, request); }},
      {"POST", "/logout",
       [&guard, on_logout = std::move(on_logout)](const net::HttpRequest& request) {
         return log_out(guard, on_logout, request);
       }},
  };
  for (live::Route& route : routes) {
    route.is_there = [&guard] { return guard.asks_for_token(); };
  }
  return routes;
}

}  // namespace kymo::KYMO_ABI::monitor
