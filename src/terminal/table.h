#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "number_text.h"
#include "pages.h"

namespace kymo::KYMO_ABI::terminal {

/// Alignment of a column's texts. A left column leaves one blank column after it.
enum class Side : std::uint8_t { right, left };

/// A column of a table, of one kind of rows.
template <class Row>
struct TableColumn {
  using Text = std::string (*)(const Row& row);
  using StyleOf = Style (*)(const Row& row);

  /// Shows a number, in a unit.
  constexpr TableColumn(std::string_view title_, int width_, int from_width_, double Row::* figure_,
                        std::string_view unit_ = {})
      : title(title_), width(width_), from_width(from_width_), figure(figure_), unit(unit_) {}
  /// Shows a text. The default style is plain.
  constexpr TableColumn(std::string_view title_, int width_, int from_width_, Text text_,
                        Side side_ = Side::right, StyleOf style_ = nullptr)
      : title(title_), width(width_), from_width(from_width_), text(text_), style(style_), side(side_) {}

  std::string_view title;
  int width;       ///< 0: the names' column, whose width depends on the screen
  int from_width;  ///< minimum screen width to show the column
  double Row::* figure = nullptr;
  std::string_view unit = {};
  Text text = nullptr;
  StyleOf style = nullptr;
  Side side = Side::right;
};

/// The rows that fit an area of `lines` lines, from `first` on.
template <class Row>
[[nodiscard]] std::span<const Row> shown_rows(const std::vector<Row>& rows, int first, int lines) {
  const auto begin = std::min(static_cast<std::size_t>(std::max(first, 0)), rows.size());
  return std::span(rows).subspan(begin,
                                 std::min(static_cast<std::size_t>(std::max(lines, 0)), rows.size() - begin));
}

/// A table's columns on a screen. All begin at the screen's second column. Figures are never cut: a column is
/// as wide as its longest figure and a blank. If there is no room, names are shortened first; then columns
/// for wider screens are hidden.
template <class Row>
class TableColumns final {
 public:
  /// `rows`: the shown rows, or pointers to them.
  template <class Shown>
  TableColumns(std::span<const TableColumn<Row>> all, const Canvas& canvas, int name_width,
               std::span<const Shown> rows)
      : all_(all) {
    for (const TableColumn<Row>& column : all) {
      int width = column.width == 0 ? name_width : column.width;
      if (column.side == Side::right) {
        for (const Shown& row : rows)
          width = std::max(width, 1 + width_of(text_of(column, row), canvas.alphabet()));
      }
      widths_.push_back(canvas.size().width < column.from_width ? 0 : width);
    }
    fit(canvas.size().width);
  }

  [[nodiscard]] int name_width() const noexcept { return widths_.empty() ? 0 : widths_.front(); }
  /// Draws the titles, and returns the next column.
  int draw_titles(Canvas& canvas, int line) const {
    return draw(canvas, line,
                [](const auto& column) { return std::pair(std::string(column.title), Style::quiet); });
  }
  /// The same for a row.
  int draw_row(Canvas& canvas, int line, const Row& row) const {
    return draw(canvas, line, [&](const auto& column) {
      return std::pair(text_of(column, row), column.style != nullptr ? column.style(row) : Style::plain);
    });
  }

 private:
  static constexpr int kLeastName = 10;

  static std::string text_of(const TableColumn<Row>& column, const Row* row) { return text_of(column, *row); }
  static std::string text_of(const TableColumn<Row>& column, const Row& row) {
    return column.text != nullptr ? column.text(row) : amount_text(row.*column.figure, column.unit);
  }

  /// The first column has the names.
  void fit(int screen) {
    const auto excess = [&] {
      int sum = 1 - screen;
      for (std::size_t i = 0; i < widths_.size(); ++i)
        sum += widths_[i] == 0 ? 0 : widths_[i] + (all_[i].side == Side::left ? 1 : 0);
      return sum;
    };
    widths_.front() =
        std::max(widths_.front() - std::max(excess(), 0), std::min(kLeastName, widths_.front()));
    while (excess() > 0) {
      std::size_t least = 0;
      for (std::size_t i = 1; i < widths_.size(); ++i)
        if (widths_[i] > 0 && all_[i].from_width > all_[least].from_width) least = i;
      if (least == 0) return;
      widths_[least] = 0;
    }
  }

  template <class Content>
  int draw(Canvas& canvas, int line, Content content) const {
    int at = 1;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      const int width = widths_[i];
      if (width == 0) continue;
      const TableColumn<Row>& column = all_[i];
      const auto [text, style] = content(column);
      if (column.side == Side::right) canvas.put_right(line, at, width, text, style);
      if (column.side == Side::left) canvas.put(line, at, text, style, width);
      at += width + (column.side == Side::left ? 1 : 0);
    }
    return at;
  }

  std::span<const TableColumn<Row>> all_;
  std::vector<int> widths_;  ///< 0: not shown
};

/// Draws the rows that fit the area, from `first` on, by `draw(line, row)`; marks
/// `chosen`.
template <class Row, class Draw>
void draw_rows(Canvas& canvas, Area area, const std::vector<Row>& rows, int first, int chosen, Draw draw) {
  for (int i = 0; i < area.height && first + i < static_cast<int>(rows.size()); ++i) {
    draw(area.top + i, rows[static_cast<std::size_t>(first) + static_cast<std::size_t>(i)]);
    if (first + i == chosen) canvas.paint(area.top + i, 0, canvas.size().width, Style::chosen);
  }
}

/// Clamps the cursor to a table of `rows` rows, and scrolls the area to the cursor. If no row matches the
/// filter, says so.
void settle_rows(Canvas& canvas, Area area, std::size_t rows, ViewState& state, std::string_view row_name);

/// Both, for a page's table.
template <class Row, class Draw>
void draw_rows(Canvas& canvas, Area area, const std::vector<Row>& rows, ViewState& state,
               std::string_view row_name, Draw draw) {
  settle_rows(canvas, area, rows.size(), state, row_name);
  draw_rows(canvas, area, rows, state.top, state.cursor, std::move(draw));
}

/// The rows that match the filter by their `words`, sorted by `value`, largest first, NaN last. Equal rows
/// are sorted by `name`: rows that change places each second would be unreadable.
template <class Row, class Words, class Value, class Name>
std::vector<const Row*> chosen_rows(const std::vector<Row>& all, const ViewState& state, Words words,
                                    Value value, Name name) {
  struct Ranked {
    const Row* row;
    double value;
  };
  std::vector<Ranked> ranked;
  for (const Row& row : all) {
    if (!state.filter.empty() && !matches_filter(words(row), state.filter)) continue;
    const double rank = value(row);
    ranked.push_back({&row, std::isnan(rank) ? -HUGE_VAL : rank});
  }
  std::sort(ranked.begin(), ranked.end(), [&](const Ranked& a, const Ranked& b) {
    return a.value != b.value ? a.value > b.value : name(*a.row) < name(*b.row);
  });
  if (state.is_reversed) std::reverse(ranked.begin(), ranked.end());
  std::vector<const Row*> rows;
  rows.reserve(ranked.size());
  for (const Ranked& one : ranked) rows.push_back(one.row);
  return rows;
}

}  // namespace kymo::KYMO_ABI::terminal
