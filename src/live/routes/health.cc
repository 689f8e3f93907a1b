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

std::vector<Route> health_routes(std::function<std::string()> why_not_ready) {
  const auto alive = [](const net::HttpRequest&) { return status("ok"); };
  const auto ready = [why_not_ready = std::move(why_not_ready)](const net::HttpRequest&) {
    const std::string why = why_not_ready();
    return why.empty() ? status("ready") : not_ready(why);
  };
  std::vector<Route> routes;
  const auto add = [&](std::string path, net::HttpServer::Handler handle, std::string about) {
    routes.push_back({.path = std::move(path),
                      .handle = std::move(handle),
                      .about = std::move(about),
                      .threads = net::ThreadClass::quick});
  };
  add("/healthz", alive, "200 while the process responds.");
  add("/readyz", ready, "200 while all measurements are served, otherwise 503.");
  // The addresses of Prometheus.
  add("/-/healthy", alive, "");
  add("/-/ready", ready, "");
  return routes;
}

}  // namespace kymo::KYMO_ABI::live
