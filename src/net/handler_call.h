#pragma once

#include <atomic>
#include <string>

#include <kymo/net/http_server.h>

namespace kymo::net {

/// What a handler made of a request.
struct Answer {
  HttpResponse response;  ///< can always be sent
  std::string error;      ///< why the handler failed; empty where it did not
};

/// Calls the handler, whatever it does. Not called once the server is stopping: what waited for a thread is
/// told 503.
[[nodiscard]] Answer call_handler(const HttpServer::Handler& handler, const HttpRequest& request,
                                  const std::atomic<bool>& stopping);

}  // namespace kymo::net
