#include "title_case.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <kymo/base/ascii.h>

#include "go_text.h"

namespace kymo::KYMO_ABI::alert {
namespace {

bool is_number(std::uint32_t code) { return code >= '0' && code <= '9'; }

/// Whether a mark between two letters leaves them one word. Source: Unicode, annex 29, MidLetter and
/// MidNumLet.
bool joins(std::uint32_t code) {
  return code == '\'' || code == '.' || code == ':' || code == 0xB7 || code == 0x2018 || code == 0x2019;
}

struct TitleRow {
  std::uint32_t first;
  std::uint32_t last;
  std::string_view title;
};

// Letters with a title form other than the upper case. Source: Unicode, SpecialCasing.
constexpr std::array<TitleRow, 11> kTitles = {{{0xDF, 0xDF, "Ss"},
                                               {0x1C4, 0x1C6, "\u01C5"},
                                               {0x1C7, 0x1C9, "\u01C8"},
                                               {0x1CA, 0x1CC, "\u01CB"},
                                               {0x1F1, 0x1F3, "\u01F2"},
                                               {0xFB00, 0xFB00, "Ff"},
                                               {0xFB01, 0xFB01, "Fi"},
                                               {0xFB02, 0xFB02, "Fl"},
                                               {0xFB03, 0xFB03, "Ffi"},
                                               {0xFB04, 0xFB04, "Ffl"},
                                               {0xFB05, 0xFB06, "St"}}};

const TitleRow* title_row(std::uint32_t code) {
  const auto fits = [&](const TitleRow& row) { return code >= row.first && code <= row.last; };
  const auto found = std::ranges::find_if(kTitles, fits);
  return found == kTitles.end() ? nullptr : &*found;
}

bool is_letter(std::uint32_t code) {
  if (code < 0x80) return base::is_alphanumeric(static_cast<char>(code)) && (code < '0' || code > '9');
  return title_row(code) != nullptr || upper_case(code) != code || lower_case(code) != code;
}

std::string title_of(std::uint32_t code) {
  if (const TitleRow* const row = title_row(code)) return std::string(row->title);
  const bool is_georgian = code >= 0x10D0 && code <= 0x10FF;  // has upper case, but no titles
  return go_character(is_georgian ? code : upper_case(code));
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
      out += is_in_word ? go_character(code) : title_of(code);
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
