#pragma once

#include <string>
#include <string_view>

#include <kymo/net/http_server.h>
#include <kymo/net/uri.h>

#include "request_head.h"
#include "server_context.h"

namespace kymo::KYMO_ABI::net {

/// The request of a head, which must outlive it; body and connection are the caller's to add.
[[nodiscard]] HttpRequest make_request(const RequestHead& head, const Target& target);

/// What a handler made of a request.
struct Answer {
  HttpResponse response;           ///< can always be sent
  std::string error;               ///< why the handler failed; empty where it did not
  BodiesInFlight::Hold body = {};  ///< that of the response
};

/// Calls the handler, whatever it does. Not called once the server is stopping: what waited for a thread is
/// told 503; so is a request whose response finds no room among those that are being sent.
[[nodiscard]] Answer call_handler(ServerContext& context, const HttpRequest& request);

/// Counts an answer whose handler failed, and tells why: once a second at most, since a client that finds
/// such a handler must not fill the log. Does nothing where the handler did not fail. On the I/O thread only.
void note_handler_error(ServerContext& context, std::string_view target, const Answer& answer);

}  // namespace kymo::KYMO_ABI::net
