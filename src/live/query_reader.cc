#include "query_reader.h"

#include <string>

#include <kymo/model/duration.h>
#include <kymo/model/parse_number.h>
#include <kymo/net/json_error.h>

namespace kymo::live {
namespace {

constexpr std::chrono::hours kLongestDuration{10 * 366 * 24};

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  const bool is_plain = text.find_first_not_of("0123456789") == std::string_view::npos;
  const auto duration = model::parse_duration(is_plain ? std::string(text) + "s" : std::string(text));
  if (!duration || *duration > kLongestDuration) return std::nullopt;
  const auto whole = std::chrono::floor<std::chrono::seconds>(*duration);
  return whole.count() != 0 && whole == *duration ? std::optional(whole) : std::nullopt;
}

std::uint64_t QueryReader::whole_number(std::string_view name, std::uint64_t usual, Bounds bounds) {
  const std::string* const text = request_.query_value(name);
  if (text == nullptr) return usual;
  const auto value = model::parse_number<std::uint64_t>(*text);
  if (value && *value >= bounds.least && *value <= bounds.most) return *value;
  refuse(std::string(name) + "=" + net::excerpt(*text) + " is not understood",
         "give a whole number from " + std::to_string(bounds.least) + " to " + std::to_string(bounds.most));
  return usual;
}

std::chrono::seconds QueryReader::duration(std::chrono::seconds usual) {
  const std::string* const text = request_.query_value("duration");
  if (text == nullptr) return usual;
  if (const auto duration = parse_duration(*text)) return *duration;
  refuse("duration is how far to look back, and \"" + net::excerpt(*text) + "\" is no length of time",
         "write it as 90s, 5m or 1h30m, or leave it out");
  return usual;
}

void QueryReader::refuse(std::string_view message, std::string_view remedy) {
  if (!refusal_) refusal_ = net::json_error(400, message, remedy);
}

}  // namespace kymo::live
