#include <kymo/terminal/canvas.h>

#include <algorithm>

#include <wchar.h>

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

Canvas::Canvas(Size size, Alphabet alphabet)
    : size_{std::max(size.width, 0), std::max(size.height, 0)},
      alphabet_(alphabet),
      cells_(static_cast<std::size_t>(size_.width) * static_cast<std::size_t>(size_.height)) {}

const Cell& Canvas::at(int row, int column) const {
  return cells_.at(static_cast<std::size_t>(row) * static_cast<std::size_t>(size_.width) +
                   static_cast<std::size_t>(column));
}

Cell* Canvas::cell(int row, int column) noexcept {
  if (row < 0 || column < 0 || row >= size_.height || column >= size_.width) return nullptr;
  return &cells_[static_cast<std::size_t>(row) * static_cast<std::size_t>(size_.width) +
                 static_cast<std::size_t>(column)];
}

/// A remaining half of a wide character becomes a blank.
void Canvas::place(int row, int column, const Cell& placed) {
  Cell* const target = cell(row, column);
  if (target == nullptr) return;
  if (target->width == 0 && placed.width != 0) {
    if (Cell* const left = cell(row, column - 1)) *left = Cell{};
  }
  if (target->width == 2) {
    if (Cell* const right = cell(row, column + 1)) *right = Cell{};
  }
  *target = placed;
}

int Canvas::put(int row, int column, std::string_view text, Style style, int width) {
  width = std::min(width, size_.width - column);
  if (width <= 0) return 0;
  std::vector<Cell> cells = cells_of(text, alphabet_);
  const auto room = static_cast<std::size_t>(width);
  if (cells.size() > room) {
    cells.resize(room - 1);
    if (!cells.empty() && cells.back().width == 2) cells.back() = Cell{};  // its right half was cut off
    cells.push_back({{alphabet_ == Alphabet::ascii ? U'~' : U'\u2026', 0, 0}, 1, style});
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    cells[i].style = style;
    place(row, column + static_cast<int>(i), cells[i]);
  }
  return static_cast<int>(cells.size());
}

void Canvas::put_right(int row, int column, int width, std::string_view text, Style style) {
  put(row, column + std::max(0, width - width_of(text, alphabet_)), text, style, width);
}

int Canvas::put_whole(int row, int column, std::span<const std::string> texts, Style style, int width) {
  int used = 0;
  for (const std::string& text : texts) {
    if (used + width_of(text, alphabet_) > width) break;
    used += put(row, column + used, text, style);
  }
  return used;
}

void Canvas::put_glyph(int row, int column, char32_t glyph, Style style) {
  place(row, column, {{glyph, 0, 0}, 1, style});
}

void Canvas::paint(int row, int column, int width, Style style) {
  for (int i = 0; i < width; ++i) {
    if (Cell* const one = cell(row, column + i)) one->style = style;
  }
}

void Canvas::clear(int row, int column, int width) {
  for (int i = 0; i < width; ++i) place(row, column + i, Cell{});
}

std::string Canvas::to_text() const {
  std::string text;
  for (int row = 0; row < size_.height; ++row) {
    std::string line;
    for (int column = 0; column < size_.width; ++column) {
      const Cell& one = at(row, column);
      if (one.width == 0) continue;
      for (const char32_t character : one.text) {
        if (character != 0) append_utf8(character, line);
      }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace kymo::KYMO_ABI::terminal
