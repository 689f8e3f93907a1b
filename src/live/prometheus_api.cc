#include "prometheus_api.h"

#include <array>
#include <cmath>
#include <new>
#include <utility>

#include <kymo/base/parse_number.h>
#include <kymo/format/content_type.h>
#include <kymo/format/iso_time.h>
#include <kymo/net/json_error.h>
#include <kymo/query/engine.h>
#include <kymo/query/parser.h>

#include "negotiation.h"
#include "responses.h"

namespace kymo::KYMO_ABI::live {
namespace {

constexpr double kSecond = 1000;
/// The year 9999, and far before the year 0.
constexpr double kMostSeconds = 253'402'300'799;
/// A duration as long as the time from the year 0 to the year 9999.
constexpr double kLongestSeconds = 10'000 * 366.0 * 86'400;
constexpr std::size_t kPart = std::size_t{64} << 10U;

struct FaultRow {
  std::string_view type;
  int status;
};
/// By ApiFault. A client that has gone sees no status: 503 stands for the 499 of some proxies.
constexpr std::array kFaults = {FaultRow{"bad_data", 400}, FaultRow{"execution", 422},
                                FaultRow{"timeout", 503},  FaultRow{"canceled", 503},
                                FaultRow{"internal", 500}, FaultRow{"unavailable", 503},
                                FaultRow{"not_found", 404}};

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
  throw ApiError(ApiFault::bad_data, "invalid parameter \"" + std::string(name) + "\": " + why);
}

std::optional<std::int64_t> milliseconds_of(std::string_view text) {
  if (const auto seconds = base::parse_number<double>(text)) {
    if (!(std::abs(*seconds) <= kMostSeconds)) return std::nullopt;
    return std::llround(*seconds * kSecond);
  }
  const auto time = format::parse_iso_time(text);
  return time ? std::optional(time->time_since_epoch().count()) : std::nullopt;
}

std::optional<double> seconds_of(std::string_view text) {
  if (const auto seconds = base::parse_number<double>(text)) return seconds;
  if (text.empty() || text.size() > 64) return std::nullopt;
  try {
    const query::ExpressionPtr expression = query::parse(text);
    const auto* const literal = expression->as<query::NumberLiteral>();
    return literal != nullptr && literal->is_duration ? std::optional(literal->value) : std::nullopt;
  } catch (const query::QueryError&) {
    return std::nullopt;
  }
}

ApiFault fault_of(query::QueryFault fault) noexcept {
  switch (fault) {
    case query::QueryFault::too_many_steps: return ApiFault::bad_data;
    case query::QueryFault::timeout: return ApiFault::timeout;
    case query::QueryFault::canceled: return ApiFault::canceled;
    case query::QueryFault::evaluation:
    case query::QueryFault::too_many_series:
    case query::QueryFault::too_many_samples:
    case query::QueryFault::too_much_memory: return ApiFault::execution;
  }
  return ApiFault::execution;
}

void write_texts(std::string_view name, const std::vector<std::string>& texts, base::JsonWriter& json) {
  if (texts.empty()) return;
  json.begin_array(name);
  for (const std::string& text : texts) json.value(std::string_view(text));
  json.end_array();
}

}  // namespace

ApiFields::ApiFields(const net::HttpRequest& request) : request_(request) {
  auto form = request.form();
  if (!form) throw ApiError(ApiFault::bad_data, "the form has a broken percent-escape, or too many fields");
  form_ = std::move(*form);
}

const std::string* ApiFields::find(std::string_view name) const noexcept {
  for (const auto& [key, value] : form_) {
    if (key == name) return &value;
  }
  return request_.query_value(name);
}

std::vector<std::string_view> ApiFields::all(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const auto* const pairs : {&std::as_const(form_), &request_.query}) {
    for (const auto& [key, value] : *pairs) {
      if (key == name) found.emplace_back(value);
    }
  }
  return found;
}

const std::string& ApiFields::required(std::string_view name) const {
  const std::string* const text = find(name);
  if (text == nullptr || text->empty()) refuse(name, "it is missing");
  return *text;
}

std::optional<std::int64_t> ApiFields::time(std::string_view name) const {
  const std::string* const text = find(name);
  if (text == nullptr || text->empty()) return std::nullopt;
  const auto time = milliseconds_of(*text);
  if (!time) {
    refuse(name, "cannot parse \"" + net::excerpt(*text) +
                     "\" to a valid timestamp; give seconds since 1970, or a time as 2026-01-31T12:00:00Z");
  }
  return time;
}

std::int64_t ApiFields::required_time(std::string_view name) const {
  static_cast<void>(required(name));
  return *time(name);
}

std::optional<std::chrono::milliseconds> ApiFields::duration(std::string_view name) const {
  const std::string* const text = find(name);
  if (text == nullptr || text->empty()) return std::nullopt;
  const auto seconds = seconds_of(*text);
  if (!seconds || !(std::abs(*seconds) <= kLongestSeconds)) {
    refuse(name, "cannot parse \"" + net::excerpt(*text) +
                     "\" to a valid duration; give seconds, or a duration as 1m30s");
  }
  return std::chrono::milliseconds(std::llround(*seconds * kSecond));
}

std::size_t ApiFields::limit() const {
  const std::string* const text = find("limit");
  if (text == nullptr || text->empty()) return 0;
  const auto limit = base::parse_number<std::size_t>(*text);
  if (!limit) refuse("limit", "\"" + net::excerpt(*text) + "\" is no whole number of at least 0");
  return *limit;
}

ApiAnswer::ApiAnswer(const std::shared_ptr<ScrapeMemory>& memory)
    : memory_(memory), text_(std::make_shared<base::BlockText>(memory->blocks())) {
  json_.begin_object();
  json_.field("status", std::string_view("success"));
  json_.key("data");
}

void ApiAnswer::on_part() {
  if (buffer_.size() < kPart) return;
  text_->append(buffer_);
  buffer_.clear();
}

net::HttpResponse ApiAnswer::finish(const net::HttpRequest& request) {
  write_texts("warnings", warnings, json_);
  write_texts("infos", infos, json_);
  json_.end_object();
  buffer_ += '\n';
  text_->append(buffer_);
  net::HttpResponse response;
  response.content_type = format::kJsonType;
  response.headers.emplace_back("Vary", "Accept-Encoding");
  std::shared_ptr<const base::BlockText> body = text_;
  if (body->size() >= kWorthGzip && prefers_gzip(request.header("accept-encoding"))) {
    body = memory_->gzipped(*body);
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
  response.body = net::HttpBody(body, body->pieces());
  return response;
}

net::HttpResponse api_error(ApiFault fault, std::string_view text) {
  const FaultRow& row = kFaults.at(static_cast<std::size_t>(fault));
  std::string body;
  base::JsonWriter json(body);
  json.begin_object();
  json.field("status", std::string_view("error"));
  json.field("errorType", row.type);
  json.field("error", text);
  json.end_object();
  body += '\n';
  net::HttpResponse response;
  response.status = row.status;
  response.content_type = format::kJsonType;
  response.body = std::move(body);
  return response;
}

void add_api_route(std::string path, std::string about, ApiWriter write,
                   const std::shared_ptr<ScrapeMemory>& memory, std::vector<Route>& routes) {
  const auto handle = [memory, write = std::move(write)](const net::HttpRequest& request) {
    return api_response(request, memory,
                        [&](const ApiFields& fields, ApiAnswer& answer) { write(request, fields, answer); });
  };
  constexpr auto kHeavy = net::ThreadClass::heavy;
  routes.push_back({.path = path,
                    .handle = handle,
                    .about = std::move(about),
                    .opens_in_browser = false,
                    .threads = kHeavy});
  routes.push_back({.method = "POST", .path = std::move(path), .handle = handle, .threads = kHeavy});
}

net::HttpResponse api_response(
    const net::HttpRequest& request, const std::shared_ptr<ScrapeMemory>& memory,
    const std::function<void(const ApiFields& fields, ApiAnswer& answer)>& write) try {
  const ApiFields fields(request);
  ApiAnswer answer(memory);
  write(fields, answer);
  return answer.finish(request);
} catch (const ApiError& error) {
  return api_error(error.fault(), error.what());
} catch (const query::QueryError& error) {
  return api_error(ApiFault::bad_data, std::string("invalid parameter \"query\": ") + error.what());
} catch (const query::QueryFailure& failure) {
  return api_error(fault_of(failure.fault()), failure.what());
} catch (const std::bad_alloc&) {
  return api_error(ApiFault::unavailable, "the process is out of memory; try again later");
}

}  // namespace kymo::KYMO_ABI::live
