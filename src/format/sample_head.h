#pragma once

#include <cstddef>
#include <string_view>

#include "number_text.h"

/// What a sample's line begins with: `name{labels} `, or `name ` where there are none.
namespace kymo::KYMO_ABI::format {

/// Bytes of the head, and of a number and a line break behind it, at most.
[[nodiscard]] inline std::size_t line_bytes(std::string_view name, std::string_view labels,
                                            std::string_view more = {}) noexcept {
  return name.size() + labels.size() + more.size() + kMaxNumberBytes + 5;
}

[[nodiscard]] inline char* put_head(char* at, std::string_view name, std::string_view labels) noexcept {
  at = put_text(at, name);
  if (!labels.empty()) {
    *at++ = '{';
    at = put_text(at, labels);
    *at++ = '}';
  }
  *at++ = ' ';
  return at;
}

/// With one more label behind the series' own, rendered: `le="1.0"`.
[[nodiscard]] inline char* put_head(char* at, std::string_view name, std::string_view labels,
                                    std::string_view more) noexcept {
  at = put_text(at, name);
  *at++ = '{';
  if (!labels.empty()) {
    at = put_text(at, labels);
    *at++ = ',';
  }
  at = put_text(at, more);
  *at++ = '}';
  *at++ = ' ';
  return at;
}

}  // namespace kymo::KYMO_ABI::format
