#include "title_case.h"

#include <cstddef>

#include <kymo/base/ascii.h>

#include "go_text.h"

namespace kymo::KYMO_ABI::alert {
namespace {

bool is_letter(std::uint32_t code) {
  if (code < 0x80) return base::is_alphanumeric(static_cast<char>(code)) && (code < '0' || code > '9');
  return upper_case(code) != code || lower_case(code) != code;
}

bool is_number(std::uint32_t code) { return code >= '0' && code <= '9'; }

/// Whether a mark between two letters leaves them one word. Source: Unicode, annex 29, MidLetter and
/// MidNumLet.
bool joins(std::uint32_t code) {
  return code == '\'' || code == '.' || code == ':' || code == 0xB7 || code == 0x2018 || code == 0x2019;
}

}  // namespace

std::string map_letters(std::string_view text, std::uint32_t (*map)(std::uint32_t)) {
  std::string out;
  while (!text.empty()) {
    std::size_t length = 1;
    out += go_character(map(go_decode(text, length)));
    text.remove_prefix(length);
  }
  return out;
}

std::string title_case(std::string_view text) {
  std::string out;
  bool is_in_word = false;
  std::uint32_t before = 0;
  while (!text.empty()) {
    std::size_t length = 1;
    const std::uint32_t code = go_decode(text, length);
    text.remove_prefix(length);
    if (is_letter(code)) {
      out += go_character(is_in_word ? code : upper_case(code));
      is_in_word = true;
    } else {
      out += go_character(code);
      std::size_t next_length = 1;
      const std::uint32_t next = text.empty() ? 0 : go_decode(text, next_length);
      const bool stays =
          is_number(code) || code == '_' || (joins(code) && is_letter(before) && is_letter(next));
      if (!stays) is_in_word = false;
    }
    before = code;
  }
  return out;
}

}  // namespace kymo::KYMO_ABI::alert
