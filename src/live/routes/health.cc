#include "health.h"

#include <memory>
#include <string>
#include <utility>

#include <kymo/net/json_error.h>

namespace kymo::live {
namespace {

net::HttpResponse status(std::string_view word) {
  net::HttpResponse response;
  response.body = std::make_shared<const std::string>("{\"status\":\"" + std::string(word) + "\"}\n");
  return response;
}

net::HttpResponse not_ready() {
  net::HttpResponse response =
      net::json_error(503, "not ready: the first measurement is not made yet, or the server is stopping",
                      "try again in a second");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

Route healthz_route() {
  return {"GET", "/healthz", [](const net::HttpRequest&) { return status("ok"); },
          "Whether the process lives."};
}

Route readyz_route(std::function<bool()> ready) {
  auto handle = [ready = std::move(ready)](const net::HttpRequest&) {
    return ready() ? status("ready") : not_ready();
  };
  return {"GET", "/readyz", std::move(handle), "Whether it serves what it has measured."};
}

}  // namespace kymo::live
