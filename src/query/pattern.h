#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <kymo/series/matcher.h>

namespace kymo::KYMO_ABI::query {

/// A regular expression of a matcher: matches whole texts, and `.` matches a line break too. Null for an
/// expression with a fault; `fault` then has the cause. Memory of one is bounded. Threads: any. Source:
/// Prometheus, "Time series selectors"; RE2, "Syntax".
[[nodiscard]] std::shared_ptr<const series::Pattern> compile_pattern(std::string_view expression,
                                                                     std::string& fault);

}  // namespace kymo::KYMO_ABI::query
