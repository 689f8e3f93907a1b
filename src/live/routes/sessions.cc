#include <kymo/live/session_hub.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <kymo/format/content_type.h>
#include <kymo/live/query_reader.h>
#include <kymo/net/json_error.h>

namespace kymo::KYMO_ABI::live {
namespace {

constexpr std::uint64_t kUsualTop = 10;
constexpr QueryReader::Bounds kTops{0, 1000};
constexpr std::string_view kUsualField = "realtime_factor";

std::string choice_of(const std::vector<std::string_view>& fields) {
  std::string text = "Choose one of";
  for (const std::string_view field : fields) {
    text += field == fields.front() ? " " : ", ";
    text += field;
  }
  return text += '.';
}

net::HttpResponse respond(const SessionsSource& source, const net::HttpRequest& request) {
  QueryReader query(request);
  const auto top = query.whole_number("top", kUsualTop, kTops);
  if (query.refusal()) return *query.refusal();
  const std::string* const field = request.query_value("by");
  auto json = source.json(top, field == nullptr ? kUsualField : std::string_view(*field));
  if (!json) {
    return net::json_error(
        400, "Sessions have no field \"" + (field == nullptr ? std::string(kUsualField) : *field) + "\".",
        choice_of(source.fields));
  }
  net::HttpResponse response;
  response.content_type = format::kJsonType;
  response.body = std::move(*json);
  return response;
}

}  // namespace

Route live_sessions_route(SessionsSource source) {
  return {"GET", "/api/sessions/live",
          [source = std::move(source)](const net::HttpRequest& request) { return respond(source, request); },
          "A summary of the open sessions, and the first of them by any field."};
}

}  // namespace kymo::KYMO_ABI::live
