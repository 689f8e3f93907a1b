#include "header_field.h"

#include <algorithm>

namespace kymo::KYMO_ABI::net {
namespace {

bool is_value_char(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

}  // namespace

std::optional<Fault> read_field(std::string_view line, HeaderField& out) {
  if (line.starts_with(' ') || line.starts_with('\t')) return Fault{400, "a header line is folded"};
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Fault{400, "a header line has no colon"};
  out = {line.substr(0, colon), base::trim(line.substr(colon + 1))};
  if (!is_token(out.name)) {
    return Fault{400, "a header name is empty or holds a character it must not, such as a space"};
  }
  if (!std::all_of(out.value.begin(), out.value.end(), is_value_char)) {
    return Fault{400, "a header value holds a control character"};
  }
  return std::nullopt;
}

bool is_framing_field(std::string_view name) noexcept {
  return base::equals_ignoring_case(name, "host") || base::equals_ignoring_case(name, "content-length") ||
         base::equals_ignoring_case(name, "transfer-encoding");
}

}  // namespace kymo::KYMO_ABI::net
