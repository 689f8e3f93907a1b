#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/base/json_writer.h>
#include <kymo/format/content_type.h>
#include <kymo/format/iso_time.h>
#include <kymo/live/route.h>
#include <kymo/net/http_server.h>
#include <kymo/peers/quality.h>

namespace kymo::KYMO_ABI::live {

/// Smaller texts fit one or two packets anyway.
inline constexpr std::size_t kWorthGzip = 1024;

/// A strong tag of a representation: hash of its bytes, and a suffix for its encoding. In quotes, as in a
/// header.
[[nodiscard]] std::string etag_of(std::string_view bytes, std::string_view suffix = {});

/// True if an `If-None-Match` header names the tag (RFC 9110 13.1.2: weak comparison). Our tags contain no
/// comma.
[[nodiscard]] bool names_etag(std::string_view if_none_match, std::string_view tag);

/// A 200 with the text and an ETag, as gzip if the client prefers that and the size is worth it; or a 304 if
/// the client has it. A cache may store it, but must revalidate each time. Threads: any. Cost: a walk over
/// the text, and its compression.
[[nodiscard]] net::HttpResponse conditional_response(const net::HttpRequest& request,
                                                     std::string_view content_type, std::string text);

/// A conditional_response() of one JSON object, whose fields `write_fields(json)` writes, and a newline.
template <class WriteFields>
[[nodiscard]] net::HttpResponse json_response(const net::HttpRequest& request, WriteFields write_fields) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  write_fields(json);
  json.end_object();
  return conditional_response(request, format::kJsonType, out += '\n');
}

/// The route, except that 400 answers a `window` or `duration`: neither has an effect there. `remedy` names
/// the address where it has one.
[[nodiscard]] Route without_periods(Route route, std::string_view remedy);

inline void write_time(std::string_view name, std::chrono::system_clock::time_point time,
                       base::JsonWriter& json) {
  json.field(name, std::string_view(format::iso_time(time)));
}

/// Writes a summary of many values: `{"count":…,"min":…,"max":…,"avg":…,"p95":…,"sum":…}`. Without values the
/// count is 0 and the rest is null.
inline void write_aggregate(std::string_view name, const peers::Aggregate& values, base::JsonWriter& json) {
  json.begin_object(name);
  json.field("count", static_cast<std::uint64_t>(values.count));
  json.field("min", values.min);
  json.field("max", values.max);
  json.field("avg", values.average);
  json.field("p95", values.p95);
  json.field("sum", values.sum);
  json.end_object();
}

}  // namespace kymo::KYMO_ABI::live
