#include <wchar.h>

#include <kymo/terminal/canvas.h>

namespace kymo::KYMO_ABI::terminal {
namespace {

constexpr char32_t kReplacement = U'\uFFFD';

/// Takes the first character; kReplacement for an invalid byte (Unicode 15, table 3-7).
char32_t take_character(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xF0 && lead <= 0xF4  ? 3
                   : lead >= 0xE0 && lead < 0xF0 ? 2
                   : lead >= 0xC2 && lead < 0xE0 ? 1
                                                 : 0;
  if (more == 0 || text.size() < static_cast<std::size_t>(more)) return kReplacement;
  char32_t value = lead & (0x3FU >> more);
  for (int i = 0; i < more; ++i) {
    const auto byte = static_cast<unsigned char>(text[static_cast<std::size_t>(i)]);
    if ((byte & 0xC0U) != 0x80U) return kReplacement;
    value = (value << 6U) | (byte & 0x3FU);
  }
  const bool is_short = (more == 2 && value < 0x800) || (more == 3 && value < 0x10000);
  if (is_short || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return kReplacement;
  text.remove_prefix(static_cast<std::size_t>(more));
  return value;
}

/// Zero-width characters that hide, or change how others are shown (Unicode 15, category Cf, and the line
/// separators).
bool is_hidden_command(char32_t c) {
  return c == 0xAD || c == 0x61C || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
         (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF);
}

Cell narrow(char32_t character) { return {{character, 0, 0}, 1, Style::plain}; }

void append_combining(char32_t character, std::vector<Cell>& cells) {
  if (cells.empty()) return;
  Cell& base = cells[cells.size() - (cells.back().width == 0 && cells.size() > 1 ? 2 : 1)];
  for (std::size_t i = 1; i < base.text.size(); ++i) {
    if (base.text[i] != 0) continue;
    base.text[i] = character;
    return;
  }
}

}  // namespace

std::vector<Cell> cells_of(std::string_view text, Alphabet alphabet) {
  std::vector<Cell> cells;
  cells.reserve(text.size());
  const char32_t unknown = alphabet == Alphabet::ascii ? U'?' : kReplacement;
  while (!text.empty()) {
    const char32_t character = take_character(text);
    if (character < 0x20 || character == 0x7F) {
      cells.push_back(narrow(U'^'));
      cells.push_back(narrow(character ^ 0x40U));
    } else if (character < 0x7F) {
      cells.push_back(narrow(character));
    } else if (alphabet == Alphabet::ascii || character < 0xA0 || is_hidden_command(character)) {
      cells.push_back(narrow(unknown));
    } else if (const int width = ::wcwidth(static_cast<wchar_t>(character)); width == 0) {
      append_combining(character, cells);
    } else if (width == 2) {
      cells.push_back({{character, 0, 0}, 2, Style::plain});
      cells.push_back({{0, 0, 0}, 0, Style::plain});
    } else {
      cells.push_back(narrow(width == 1 ? character : unknown));
    }
  }
  return cells;
}

int width_of(std::string_view text, Alphabet alphabet) {
  return static_cast<int>(cells_of(text, alphabet).size());
}

void append_utf8(char32_t c, std::string& out) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0U | (c >> 6U)), put(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0U | (c >> 12U)), put(0x80U | ((c >> 6U) & 0x3FU)), put(0x80U | (c & 0x3FU));
  } else {
    put(0xF0U | (c >> 18U)), put(0x80U | ((c >> 12U) & 0x3FU)), put(0x80U | ((c >> 6U) & 0x3FU)),
        put(0x80U | (c & 0x3FU));
  }
}

}  // namespace kymo::KYMO_ABI::terminal
