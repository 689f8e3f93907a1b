#include <kymo/live/sessions.h>

#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include <kymo/format/content_type.h>
#include <kymo/net/json_error.h>

namespace kymo::live {
namespace {

constexpr std::size_t kUsualTop = 10;
constexpr std::size_t kMaxTop = 1000;
constexpr std::string_view kUsualField = "realtime_factor";

std::optional<std::size_t> parse_top(const std::string* text) {
  if (text == nullptr) return kUsualTop;
  std::size_t top = 0;
  const char* const end = text->data() + text->size();
  const auto [stopped, error] = std::from_chars(text->data(), end, top);
  if (error != std::errc{} || stopped != end || top > kMaxTop) return std::nullopt;
  return top;
}

std::string choice_of(const std::vector<std::string_view>& fields) {
  std::string text = "Choose one of";
  for (const std::string_view field : fields) {
    text += field == fields.front() ? " " : ", ";
    text += field;
  }
  return text += '.';
}

net::HttpResponse respond(const SessionsSource& source, const net::HttpRequest& request) {
  const auto top = parse_top(request.query_value("top"));
  if (!top) {
    return net::json_error(400, "top is how many sessions to list, and \"" + *request.query_value("top") +
                                    "\" is not a number from 0 to 1000.");
  }
  const std::string* const field = request.query_value("by");
  auto json = source.json(*top, field == nullptr ? kUsualField : std::string_view(*field));
  if (!json) {
    return net::json_error(
        400, "Sessions have no field \"" + (field == nullptr ? std::string(kUsualField) : *field) + "\".",
        choice_of(source.fields));
  }
  net::HttpResponse response;
  response.content_type = format::kJsonType;
  response.body = std::make_shared<const std::string>(std::move(*json));
  return response;
}

}  // namespace

Route live_sessions_route(SessionsSource source) {
  return {"GET", "/api/sessions/live",
          [source = std::move(source)](const net::HttpRequest& request) { return respond(source, request); },
          "The sessions that go on now, taken together, and the first of them by any field."};
}

}  // namespace kymo::live
