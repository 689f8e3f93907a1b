#pragma once

#include <algorithm>
#include <string_view>

namespace kymo::live {

/// Compares as HTTP compares names: ASCII letters of either case are the same.
[[nodiscard]] inline bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace kymo::live
