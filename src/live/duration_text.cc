#include "duration_text.h"

#include <string>

#include <kymo/model/duration.h>
#include <kymo/net/json_error.h>

namespace kymo::live {
namespace {

constexpr std::size_t kLongestDurationShown = 200;
constexpr std::chrono::hours kLongest{10 * 366 * 24};

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  const bool is_plain = text.find_first_not_of("0123456789") == std::string_view::npos;
  const auto duration = model::parse_duration(is_plain ? std::string(text) + "s" : std::string(text));
  if (!duration || *duration > kLongest) return std::nullopt;
  const auto whole = std::chrono::floor<std::chrono::seconds>(*duration);
  return whole.count() != 0 && whole == *duration ? std::optional(whole) : std::nullopt;
}

net::HttpResponse bad_duration(std::string_view text) {
  return net::json_error(400,
                         "duration is how far to look back, and \"" +
                             std::string(text.substr(0, kLongestDurationShown)) + "\" is no length of time",
                         "write it as 90s, 5m or 1h30m, or leave it out");
}

}  // namespace kymo::live
