#include "metadata.h"

#include <algorithm>

#include <kymo/base/utf8.h>

namespace kymo::KYMO_ABI::format {
namespace {

void append_ascii(char c, Dialect dialect, std::string& out) {
  switch (c) {
    case '\\': out += "\\\\"; break;
    case '\n': out += "\\n"; break;
    case '"': out += dialect == Dialect::openmetrics ? "\\\"" : "\""; break;
    case '\0':
      out += base::kReplacementCharacter;
      break;  // Prometheus' lexer takes it as the end of the text
    default: out += c;
  }
}

}  // namespace

std::string_view text_type(Kind kind) noexcept {
  switch (kind) {
    case Kind::counter: return "counter";
    case Kind::up_down_counter:
    case Kind::gauge: return "gauge";
    case Kind::histogram: return "histogram";
    case Kind::window: return "summary";
  }
  return "untyped";
}

void append_metadata(std::string_view keyword, std::string_view name, std::string_view text,
                     LineWriter& lines) {
  for (const std::string_view part : {std::string_view("# "), keyword, std::string_view(" "), name,
                                      std::string_view(" "), text, std::string_view("\n")}) {
    lines.append(part);
  }
}

std::string escaped_help(std::string_view help, Dialect dialect) {
  std::string out;
  out.reserve(help.size());
  while (!help.empty()) {
    const std::size_t length = base::utf8_length(help);
    if (length == 1) {
      append_ascii(help.front(), dialect, out);
    } else {
      out += length == 0 ? base::kReplacementCharacter : help.substr(0, length);
    }
    help.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace kymo::KYMO_ABI::format
