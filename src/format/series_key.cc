#include "series_key.h"

namespace kymo::KYMO_ABI::format {
namespace {

// The character of an escape in rendered labels (`\\`, `\"`, `\n`), escaped for a key if necessary.
std::string_view unescaped(char escape) noexcept {
  switch (escape) {
    case 'n': return "\n";
    case '"': return "\"";
    default: return "\\\\";
  }
}

// Appends a value up to its closing quote and returns the quote's position.
std::size_t append_value(std::string_view rendered, std::size_t at, std::string& out) {
  for (; at < rendered.size() && rendered[at] != '"'; ++at) {
    const char c = rendered[at];
    if (c == '\\' && at + 1 < rendered.size()) {
      out += unescaped(rendered[++at]);
    } else {
      if (c == ',' || c == ']') out += '\\';
      out += c;
    }
  }
  return at;
}

}  // namespace

// Reads the rendered text directly: LabelsView would make a string of each value.
void make_series_key(std::string_view name, LabelsView labels, std::string& out) {
  out.assign(name);
  const std::string_view rendered = labels.text();
  if (rendered.empty()) return;
  out += '[';
  for (std::size_t at = 0; at < rendered.size();) {
    const std::size_t equals = rendered.find('=', at);
    out.append(rendered.substr(at, equals - at)).append("=");
    at = append_value(rendered, equals + 2, out) + 1;
    if (at < rendered.size()) out += rendered[at++];
  }
  out += ']';
}

}  // namespace kymo::KYMO_ABI::format
