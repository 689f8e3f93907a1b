#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::terminal {

/// The meaning of a piece of the screen. The terminal decides its look, which is never the only sign.
enum class Style : std::uint8_t { plain, quiet, strong, title, bar, good, degraded, unwell, chosen, footer };

/// The available characters.
enum class Alphabet : std::uint8_t { ascii, unicode };

struct Size {
  int width = 80;
  int height = 24;
  friend bool operator==(const Size&, const Size&) = default;
};

/// One place on the screen: a character with its combining ones, and nothing that moves a cursor.
struct Cell {
  std::array<char32_t, 3> text = {U' ', 0, 0};
  /// Columns that the character takes; 0: the right half of a wide one.
  std::uint8_t width = 1;
  Style style = Style::plain;
};

/// Turns any bytes into cells. Control characters are shown as `^[`. Invalid bytes, and characters that
/// change the direction of writing, become U+FFFD (`?` in ASCII). Widths are those of wcwidth(3), so the
/// process' locale must be set. Threads: any.
[[nodiscard]] std::vector<Cell> cells_of(std::string_view text, Alphabet alphabet);

/// The width of a text in columns.
[[nodiscard]] int width_of(std::string_view text, Alphabet alphabet);

/// A grid of cells. Output outside of the grid is cut off.
class Canvas final {
 public:
  Canvas(Size size, Alphabet alphabet);

  [[nodiscard]] Size size() const noexcept { return size_; }
  [[nodiscard]] Alphabet alphabet() const noexcept { return alphabet_; }
  [[nodiscard]] const Cell& at(int row, int column) const;

  /// Puts a text of at most `width` columns; a longer one ends with an ellipsis. Returns the used columns.
  int put(int row, int column, std::string_view text, Style style = Style::plain, int width = 1 << 20);
  /// The same, ending at the right border of `width` columns from `column`.
  void put_right(int row, int column, int width, std::string_view text, Style style = Style::plain);
  /// Puts texts side by side, each only if it fits whole: half a figure is a wrong figure. Returns the used
  /// columns.
  int put_whole(int row, int column, std::span<const std::string> texts, Style style, int width);
  /// One of the drawing characters, which are a column wide.
  void put_glyph(int row, int column, char32_t glyph, Style style = Style::plain);
  /// Gives a row a style, from a column on.
  void paint(int row, int column, int width, Style style);
  /// Blanks a part.
  void clear(int row, int column, int width);

  /// The grid as UTF-8 lines without trailing blanks, for tests and for reports.
  [[nodiscard]] std::string to_text() const;

 private:
  [[nodiscard]] Cell* cell(int row, int column) noexcept;
  void place(int row, int column, const Cell& cell);

  Size size_;
  Alphabet alphabet_;
  std::vector<Cell> cells_;
};

/// Appends a character as UTF-8.
void append_utf8(char32_t character, std::string& out);

}  // namespace kymo::KYMO_ABI::terminal
