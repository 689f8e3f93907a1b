#include <kymo/live/query_reader.h>

#include <string>

#include <kymo/base/duration.h>
#include <kymo/base/parse_number.h>
#include <kymo/net/json_error.h>

namespace kymo::KYMO_ABI::live {
namespace {

constexpr std::chrono::hours kLongestDuration{10 * 366 * 24};

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  const bool is_plain = text.find_first_not_of("0123456789") == std::string_view::npos;
  const auto duration = base::parse_duration(is_plain ? std::string(text) + "s" : std::string(text));
  if (!duration || *duration > kLongestDuration) return std::nullopt;
  const auto whole = std::chrono::floor<std::chrono::seconds>(*duration);
  return whole.count() != 0 && whole == *duration ? std::optional(whole) : std::nullopt;
}

std::uint64_t QueryReader::whole_number(std::string_view name, std::uint64_t usual, Bounds bounds) {
  const std::string* const text = request_.query_value(name);
  if (text == nullptr) return usual;
  const auto value = base::parse_number<std::uint64_t>(*text);
  if (value && *value >= bounds.least && *value <= bounds.most) return *value;
  refuse(std::string(name) + "=" + net::excerpt(*text) + " is invalid",
         "give a whole number from " + std::to_string(bounds.least) + " to " + std::to_string(bounds.most));
  return usual;
}

std::optional<std::chrono::seconds> QueryReader::length_of(std::string_view name, std::string_view meaning) {
  const std::string* const text = request_.query_value(name);
  if (text == nullptr) return std::nullopt;
  const auto length = parse_duration(*text);
  if (!length) {
    refuse(std::string(name) + " is " + std::string(meaning) + ", and \"" + net::excerpt(*text) +
               "\" is no duration",
           "write it as 90s, 5m or 1h30m, or leave it out");
  }
  return length;
}

std::chrono::seconds QueryReader::duration(std::chrono::seconds usual) {
  return length_of("duration", "how far to look back").value_or(usual);
}

std::optional<std::chrono::seconds> QueryReader::window() {
  if (request_.query_value("window") != nullptr && request_.query_value("duration") != nullptr) {
    refuse("window and duration exclude each other",
           "use duration for the points, or window for their summary");
  }
  return length_of("window", "the period to summarize");
}

void QueryReader::refuse(std::string_view message, std::string_view remedy) {
  if (!refusal_) refusal_ = net::json_error(400, message, remedy);
}

}  // namespace kymo::KYMO_ABI::live
