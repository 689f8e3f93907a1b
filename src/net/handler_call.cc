#include "handler_call.h"

#include <exception>

#include <kymo/net/json_error.h>

#include "response_head.h"

namespace kymo::net {
namespace {

HttpResponse handler_failed() { return json_error(500, "the handler of this address failed"); }

}  // namespace

Answer call_handler(const HttpServer::Handler& handler, const HttpRequest& request,
                    const std::atomic<bool>& stopping) {
  if (stopping) return {json_error(503, "the server is stopping"), {}};
  try {
    Answer answer{handler(request), {}};
    if (is_sendable(answer.response)) return answer;
    return {handler_failed(), "its response has a header or status that cannot be sent"};
  } catch (const std::exception& error) {
    return {handler_failed(), error.what()[0] == '\0' ? "an exception" : error.what()};
  } catch (...) {
    return {handler_failed(), "an exception of unknown type"};
  }
}

}  // namespace kymo::net
