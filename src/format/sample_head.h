#pragma once

#include <cstddef>
#include <string_view>

#include "number_text.h"

/// The start of a sample's line: `name{labels} `, or `name ` without labels.
namespace kymo::KYMO_ABI::format {

/// Upper bound of the head, and of a number and a line break after it.
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

/// With one more rendered label after the series' own: `le="1.0"`.
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
