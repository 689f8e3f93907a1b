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
constexpr std::string_view kUnknownException = "an exception of unknown type";

std::string words_of(const std::exception& error) {
  return error.what()[0] == '\0' ? "an exception" : error.what();
}

HttpResponse later(std::string_view message, std::string_view remedy) {
  HttpResponse busy = json_error(503, message, remedy);
  busy.headers.emplace_back("Retry-After", "1");
  return busy;
}

HttpResponse no_memory_for_response() {
  return later("the responses in flight take all the memory that they may",
               "try again in a second, or raise http.max_responses_size");
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
  if (std::chrono::steady_clock::now() >= request.deadline) {
    count(context.counters.requests_late);
    return {later("no thread was free in time", "try again in a second"), {}};
  }
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
    return {handler_failed(), words_of(error)};
  } catch (...) {
    return {handler_failed(), std::string(kUnknownException)};
  }
}

HttpResponse too_many_heavy_requests() {
  return later("so many requests of this kind wait already", "try again in a second");
}

GeneratedPiece call_generator(const HttpBody::Generator& next) {
  GeneratedPiece piece;
  try {
    piece.is_last = !next(piece.bytes);
  } catch (const std::exception& error) {
    piece.error = words_of(error);
  } catch (...) {
    piece.error = kUnknownException;
  }
  return piece;
}

void note_handler_error(ServerContext& context, std::string_view target, std::string_view error) {
  if (error.empty()) return;
  count(context.counters.handler_errors);
  ServerContext::HandlerErrors& told = context.handler_errors;
  const SteadyTime now = std::chrono::steady_clock::now();
  if (told.last && now - *told.last < kTellHandlerErrors) {
    ++told.untold;
    return;
  }
  const std::string path(target.substr(0, std::min(target.find('?'), kLongestShown)));
  std::string message = "the handler of " + path + " failed: " + std::string(error);
  if (told.untold > 0)
    message += "; failures not reported since the last one: " + std::to_string(told.untold);
  told = {now, 0};
  context.tell(message);
}

}  // namespace kymo::KYMO_ABI::net
