#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "template_value.h"

/// Values as Go's package fmt writes them. Threads: any. Errors: throws TextTooLong past `limit` bytes.
namespace kymo::KYMO_ABI::alert {

class TextTooLong final : public std::length_error {
 public:
  TextTooLong() : std::length_error("text too long") {}
};

/// fmt.Sprint(): a space stands between two values of which neither is text.
[[nodiscard]] std::string go_print(std::span<const Value> values, std::size_t limit);
/// fmt.Sprintln().
[[nodiscard]] std::string go_println(std::span<const Value> values, std::size_t limit);
/// fmt.Sprintf(). Faults stand in the text, such as `%!d(string=hi)`.
[[nodiscard]] std::string go_printf(std::string_view format, std::span<const Value> values,
                                    std::size_t limit);

}  // namespace kymo::KYMO_ABI::alert
