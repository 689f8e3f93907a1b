#include "routes.h"

#include <memory>
#include <string>
#include <utility>

#include <kymo/net/json_error.h>

namespace kymo::KYMO_ABI::live {
namespace {

net::HttpResponse status(std::string_view word) {
  net::HttpResponse response;
  response.body = "{\"status\":\"" + std::string(word) + "\"}\n";
  return response;
}

net::HttpResponse not_ready(const std::string& why) {
  net::HttpResponse response = net::json_error(503, "not ready: " + why, "try again in a second");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Route healthz_route() {
  return {.path = "/healthz",
          .handle = [](const net::HttpRequest&) { return status("ok"); },
          .about = "200 while the process responds.",
          .threads = net::ThreadClass::quick};
}

Route readyz_route(std::function<std::string()> why_not_ready) {
  auto handle = [why_not_ready = std::move(why_not_ready)](const net::HttpRequest&) {
    const std::string why = why_not_ready();
    return why.empty() ? status("ready") : not_ready(why);
  };
  return {.path = "/readyz",
          .handle = std::move(handle),
          .about = "200 while all measurements are served, otherwise 503.",
          .threads = net::ThreadClass::quick};
}

}  // namespace kymo::KYMO_ABI::live
