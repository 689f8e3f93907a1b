#include "login_routes.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/net/json_error.h>
#include <kymo/net/uri.h>

namespace kymo::monitor {
namespace {

constexpr std::string_view kPageBegin = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>kymo: token</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/login.css">
</head>
<body>
<main>
<h1><img src="/assets/icon.svg" alt="" width="40" height="40"> kymo</h1>
<form method="post" action="/login">
<label for="token">This server's token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
)";

constexpr std::string_view kPageEnd = R"(<button>Show the server's pulse</button>
</form>
<p>It is in the file that the setting <code>web.token_file</code> names.</p>
</main>
</body>
</html>
)";

constexpr std::string_view kStyle = R"(:root {
  color-scheme: light dark;
  --ground: #f7f8fa;
  --card: #ffffff;
  --edge: #dfe3e8;
  --text: #1c2430;
  --quiet: #566170;
  --pulse: #b3123f;
  --on-pulse: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c;
    --card: #1a2029;
    --edge: #2c3541;
    --text: #e6eaf0;
    --quiet: #9aa6b5;
    --pulse: #ff7a97;
    --on-pulse: #12161c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 24rem; margin: 0 auto; padding: 15vh 1rem 3rem; }
h1 { display: flex; gap: 0.75rem; align-items: center; margin: 0 0 1.5rem; font-size: 1.75rem; }
form { display: grid; gap: 0.75rem; padding: 1.25rem; background: var(--card); border: 1px solid var(--edge);
  border-radius: 0.75rem; }
input, button { font: inherit; padding: 0.5rem 0.75rem; border-radius: 0.5rem; }
input { color: inherit; background: var(--ground); border: 1px solid var(--quiet); }
button { border: 0; background: var(--pulse); color: var(--on-pulse); font-weight: 600; cursor: pointer; }
:focus-visible { outline: 2px solid var(--pulse); outline-offset: 2px; }
p { color: var(--quiet); }
.wrong { margin: 0; color: var(--pulse); font-weight: 600; }
)";

/// A form may send to this server, which pages elsewhere need not.
constexpr std::string_view kPolicy =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
constexpr std::string_view kCookieRules = "; Path=/; HttpOnly; SameSite=Strict";
constexpr std::string_view kThirtyDays = "; Max-Age=2592000";

net::HttpResponse text(std::string_view content_type, std::string content) {
  net::HttpResponse response;
  response.content_type = content_type;
  response.body = std::make_shared<const std::string>(std::move(content));
  return response;
}

net::HttpResponse page(int status, std::string_view complaint) {
  std::string html(kPageBegin);
  if (!complaint.empty()) html += "<p class=\"wrong\" role=\"alert\">" + std::string(complaint) + "</p>\n";
  net::HttpResponse response = text("text/html; charset=utf-8", html += kPageEnd);
  response.status = status;
  response.headers.emplace_back("Content-Security-Policy", kPolicy);
  return response;
}

/// A cookie given over TLS never travels in clear.
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

std::string field(std::string_view form, std::string_view name) {
  const auto pairs = net::parse_query(form);
  if (!pairs) return {};
  for (const auto& [key, value] : *pairs) {
    if (key == name) return value;
  }
  return {};
}

net::HttpResponse log_in(AccessGuard& guard, const net::HttpRequest& request) {
  const std::string token = field(request.body, "token");
  switch (guard.attempt(token, request)) {
    case AccessGuard::Verdict::wrong: return page(401, "That is not this server's token.");
    case AccessGuard::Verdict::too_many: return page(429, "Too many wrong tokens; wait a second.");
    case AccessGuard::Verdict::right: break;
  }
  return see_other("/", cookie(request, token, kThirtyDays));
}

net::HttpResponse log_out(const net::HttpRequest& request) {
  return see_other("/login", cookie(request, {}, "; Max-Age=0"));
}

}  // namespace

std::vector<live::Route> login_routes(AccessGuard& guard) {
  std::vector<live::Route> routes = {
      {"GET", "/login", [](const net::HttpRequest&) { return page(200, {}); }},
      {"GET", "/login.css",
       [](const net::HttpRequest&) { return text("text/css; charset=utf-8", std::string(kStyle)); }},
      {"POST", "/login", [&guard](const net::HttpRequest& request) { return log_in(guard, request); }},
      {"POST", "/logout", log_out},
  };
  for (live::Route& route : routes) {
    route.handle = [&guard, handle = std::move(route.handle)](const net::HttpRequest& request) {
      return guard.asks_for_token() ? handle(request) : net::json_error(404, "no token is asked here");
    };
  }
  return routes;
}

}  // namespace kymo::monitor
