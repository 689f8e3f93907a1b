#include <kymo/terminal/canvas.h>

#include <algorithm>

namespace kymo::KYMO_ABI::terminal {

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
