#include "handler_call.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/net/json_error.h>

#include "response_head.h"

namespace kymo::KYMO_ABI::net {
namespace {

constexpr std::chrono::seconds kTellHandlerErrors{1};
constexpr std::size_t kLongestShown = 200;

HttpResponse no_memory_for_response() {
  HttpResponse busy = json_error(503, "the responses that are being sent take all the memory that they may",
                                 "try again in a second, or raise http.max_responses_size");
  busy.headers.emplace_back("Retry-After", "1");
  return busy;
}

HttpResponse handler_failed() { return json_error(500, "the handler of this address failed"); }

}  // namespace

HttpRequest make_request(const RequestHead& head, const Target& target) {
  HttpRequest request;
  request.method = head.method;
  request.target = head.target;
  request.path = target.path;
  request.query = target.query;
  request.header = [&head](std::string_view name) -> std::string_view {
    for (const auto& [known, value] : head.fields) {
      if (base::equals_ignoring_case(known, name)) return value;
    }
    return {};
  };
  return request;
}

Answer call_handler(ServerContext& context, const HttpRequest& request) {
  if (context.stopping) return {json_error(503, "the server is stopping"), {}};
  try {
    Answer answer{context.handler(request), {}};
    if (!is_sendable(answer.response)) {
      return {handler_failed(), "its response has a header or status that cannot be sent"};
    }
    auto hold = context.bodies.hold(answer.response.body);
    if (!hold) {
      count(context.counters.responses_refused);
      return {no_memory_for_response(), {}};
    }
    answer.body = std::move(*hold);
    return answer;
  } catch (const std::exception& error) {
    return {handler_failed(), error.what()[0] == '\0' ? "an exception" : error.what()};
  } catch (...) {
    return {handler_failed(), "an exception of unknown type"};
  }
}

void note_handler_error(ServerContext& context, std::string_view target, const Answer& answer) {
  if (answer.error.empty()) return;
  count(context.counters.handler_errors);
  ServerContext::HandlerErrors& told = context.handler_errors;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (told.last && now - *told.last < kTellHandlerErrors) {
    ++told.untold;
    return;
  }
  const std::string path(target.substr(0, std::min(target.find('?'), kLongestShown)));
  std::string message = "the handler of " + path + " failed: " + answer.error;
  if (told.untold > 0) message += "; not told since the last time: " + std::to_string(told.untold);
  told = {now, 0};
  context.tell(message);
}

}  // namespace kymo::KYMO_ABI::net
