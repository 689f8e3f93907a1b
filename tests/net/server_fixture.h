#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::net::test {

/// Long enough for any machine; only a broken server takes it.
inline constexpr std::chrono::seconds kBound{60};

/// Polls until `condition` holds; false when it never did.
inline bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + kBound;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

inline HttpResponse text_response(std::string text) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = std::move(text);
  return response;
}

/// A server on a free loopback port.
inline std::unique_ptr<HttpServer> start_server(HttpServer::Handler handler, HttpServerOptions options = {}) {
  auto server = std::make_unique<HttpServer>(std::move(options), std::move(handler));
  server->start();
  return server;
}

}  // namespace kymo::KYMO_ABI::net::test
