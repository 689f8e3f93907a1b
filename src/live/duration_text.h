#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <kymo/net/http_server.h>

namespace kymo::live {

/// A length of time as an address has it: `90s`, `5m`, `1h30m`, `2d`, or a plain number of seconds. Nothing
/// for any other text, for none, for parts of a second, and above ten years. Threads: any.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// 400, with the form that is wanted, for a `duration` that is none.
[[nodiscard]] net::HttpResponse bad_duration(std::string_view text);

}  // namespace kymo::live
