#include "routes.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace kymo::KYMO_ABI::live {
namespace {

constexpr std::string_view kPageBegin = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>kymo</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/index.css">
</head>
<body>
<main>
<header>
<img src="/assets/icon.svg" alt="" width="48" height="48">
<h1>kymo</h1>
<p>The live vital signs of this server.</p>
</header>
<ul>
)";

constexpr std::string_view kPageEnd = R"(</ul>
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
body {
  margin: 0;
  background: var(--ground);
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
main { max-width: 44rem; margin: 0 auto; padding: 3rem 1rem; }
header { display: grid; grid-template-columns: auto 1fr; column-gap: 1rem; align-items: center; }
header img { grid-row: span 2; }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; }
header p { margin: 0; color: var(--quiet); }
ul {
  margin: 2rem 0 0;
  padding: 0;
  list-style: none;
  background: var(--card);
  border: 1px solid var(--edge);
  border-radius: 0.75rem;
}
li { padding: 0.75rem 1.25rem; }
li + li { border-top: 1px solid var(--edge); }
a, code { font: 600 1rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
a { color: var(--pulse); }
a:focus-visible { outline: 2px solid var(--pulse); outline-offset: 3px; border-radius: 2px; }
li p { margin: 0; color: var(--quiet); }
)";

void append_html(std::string_view text, std::string& out) {
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out.push_back(c);
    }
  }
}

void append_address(const Route& route, std::string& page) {
  if (!route.opens_in_browser) {
    page += "<code>";
    append_html(route.path, page);
    page += "</code>";
    return;
  }
  page += "<a href=\"";
  append_html(route.path, page);
  page += "\">";
  append_html(route.path, page);
  page += "</a>";
}

std::string render(const std::vector<Route>& listed) {
  std::string page(kPageBegin);
  for (const Route& route : listed) {
    if (route.about.empty()) continue;
    page += "<li>";
    append_address(route, page);
    page += "<p>";
    append_html(route.about, page);
    page += "</p></li>\n";
  }
  page += kPageEnd;
  return page;
}

Route constant_route(std::string path, std::string content_type, std::string text) {
  auto handle = [body = net::HttpBody(std::move(text)),
                 type = std::move(content_type)](const net::HttpRequest&) {
    net::HttpResponse response;
    response.content_type = type;
    response.body = body;
    return response;
  };
  return {"GET", std::move(path), std::move(handle)};
}

}  // namespace

std::vector<Route> index_routes(const std::vector<Route>& listed) {
  return {
      constant_route("/api", "text/html; charset=utf-8", render(listed)),
      constant_route("/assets/index.css", "text/css; charset=utf-8", std::string(kStyle)),
  };
}

}  // namespace kymo::KYMO_ABI::live
