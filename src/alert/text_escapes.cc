#include "text_escapes.h"

#include <cstddef>
#include <cstdint>

#include <kymo/base/ascii.h>
#include <kymo/base/utf8.h>

#include "go_text.h"

namespace kymo::KYMO_ABI::alert {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

void append_unicode(std::string& out, std::uint32_t code) {
  out += "\\u";
  for (unsigned digits = code > 0xFFFF ? (code > 0xFFFFF ? 6 : 5) : 4; digits-- > 0;)
    out += kHexDigits[(code >> (4U * digits)) & 15U];
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\0': out += base::kReplacementCharacter; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string escape_script(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t length = 1;
    const std::uint32_t code = go_decode(text, length);
    const char c = text.front();
    if (c == '\\' || c == '\'' || c == '"') {
      out += {'\\', c};
    } else if (c == '<' || c == '>' || c == '&' || c == '=' || code < 0x20 ||
               (code >= 0x80 && !go_prints(code))) {
      append_unicode(out, code);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string escape_url_query(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (base::is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHexDigits[byte >> 4U], kHexDigits[byte & 15U]};
    }
  }
  return out;
}

}  // namespace kymo::KYMO_ABI::alert
