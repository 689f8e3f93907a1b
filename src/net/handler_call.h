#pragma once

#include <string>
#include <string_view>

#include <kymo/net/http_server.h>
#include <kymo/net/uri.h>

#include "request_head.h"
#include "server_context.h"

namespace kymo::KYMO_ABI::net {

/// The request for a head, which must outlive it; the caller adds body and connection.
[[nodiscard]] HttpRequest make_request(const RequestHead& head, const Target& target);

/// The result of a handler's call.
struct Answer {
  HttpResponse response;           ///< always sendable
  std::string error;               ///< why the handler failed; empty: no failure
  BodiesInFlight::Hold body = {};  ///< that of the response
};

/// Calls the handler and catches its exceptions. If the server is stopping or the deadline has passed,
/// answers 503 instead; also if the response finds no room among those in flight.
[[nodiscard]] Answer call_handler(ServerContext& context, const HttpRequest& request);

/// Counts a failed handler, and reports it at most once a second: a client that finds such a handler must not
/// fill the log. No effect for an empty error. On the I/O thread only.
void note_handler_error(ServerContext& context, std::string_view target, std::string_view error);

/// The answer to a request of ThreadClass::heavy that finds no place.
[[nodiscard]] HttpResponse too_many_heavy_requests();

/// The next piece of a generated body.
struct GeneratedPiece {
  bool is_last = false;  ///< there is none
  std::string bytes;
  std::string error = {};  ///< why the generator failed; empty where it did not
};

/// Calls the generator and catches its exceptions.
[[nodiscard]] GeneratedPiece call_generator(const HttpBody::Generator& next);

}  // namespace kymo::KYMO_ABI::net
