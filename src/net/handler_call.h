#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include <kymo/net/http_server.h>
#include <kymo/net/uri.h>

#include "request_head.h"
#include "server_context.h"

namespace kymo::net {

/// The request of a head, which must outlive it; body and connection are the caller's to add.
[[nodiscard]] HttpRequest make_request(const RequestHead& head, const Target& target);

/// What a handler made of a request.
struct Answer {
  HttpResponse response;  ///< can always be sent
  std::string error;      ///< why the handler failed; empty where it did not
};

/// Calls the handler, whatever it does. Not called once the server is stopping: what waited for a thread is
/// told 503.
[[nodiscard]] Answer call_handler(const HttpServer::Handler& handler, const HttpRequest& request,
                                  const std::atomic<bool>& stopping);

/// Counts an answer whose handler failed, and tells why: once a second at most, since a client that finds
/// such a handler must not fill the log. Does nothing where the handler did not fail. On the I/O thread only.
void note_handler_error(ServerContext& context, std::string_view target, const Answer& answer);

}  // namespace kymo::net
