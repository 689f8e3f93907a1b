#pragma once

#include <span>
#include <string>
#include <string_view>

#include "canvas.h"

namespace kymo::terminal {

/// A column of a table, of one kind of rows.
template <class Row>
struct TableColumn {
  std::string_view title;
  int width;
  int from_width;  ///< of the screen, for it to be shown
  std::string (*text)(const Row& row);
};

/// Puts the titles from a column of the screen on, and gives the one behind them.
template <class Row>
int draw_titles(Canvas& canvas, int line, int at, std::span<const TableColumn<Row>> columns) {
  for (const TableColumn<Row>& column : columns) {
    if (canvas.size().width < column.from_width) continue;
    canvas.put_right(line, at, column.width, column.title, Style::quiet);
    at += column.width;
  }
  return at;
}

/// The same for a row.
template <class Row>
int draw_columns(Canvas& canvas, int line, int at, std::span<const TableColumn<Row>> columns,
                 const Row& row) {
  for (const TableColumn<Row>& column : columns) {
    if (canvas.size().width < column.from_width) continue;
    canvas.put_right(line, at, column.width, column.text(row));
    at += column.width;
  }
  return at;
}

}  // namespace kymo::terminal
