#pragma once

#include <optional>
#include <string_view>

#include "fault.h"

namespace kymo::net {

/// One header or trailer line, taken apart.
struct HeaderField {
  std::string_view name;
  std::string_view value;  ///< without blanks around it
};

/// Reads a line without its line end (RFC 9112 5, without obs-fold). `out` points into `line`.
[[nodiscard]] std::optional<Fault> read_field(std::string_view line, HeaderField& out);

/// Host, Content-Length and Transfer-Encoding decide who is asked and where a message ends.
[[nodiscard]] bool is_framing_field(std::string_view name) noexcept;

}  // namespace kymo::net
