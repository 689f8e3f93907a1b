#pragma once

#include <span>

#include <kymo/terminal/canvas.h>
#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

/// The minimal range of a sparkline, so that noise around a constant stays small.
struct Scale {
  double floor = 0;     ///< value of the lowest level
  double at_least = 0;  ///< the highest level is at least this
};

/// The last values, one a column, the newest at the right; NaN is a gap. `width` columns from `column`.
void draw_sparkline(Canvas& canvas, int row, int column, int width, std::span<const double> values,
                    Scale scale = {}, Style style = Style::bar);

/// Marks restarts of the server on a sparkline of the last moments.
void draw_restarts(Canvas& canvas, int row, int column, int width, const World& world);

/// A share of 0 to 1 as a bar of `width` columns, in eighths of a column if the alphabet has such characters.
void draw_bar(Canvas& canvas, int row, int column, int width, double share, Style style = Style::bar);

/// A share of 0 to 1 in one column, for too many shares to draw bars.
void draw_level(Canvas& canvas, int row, int column, double share, Style style = Style::bar);

/// A line over `width` columns, beginning with a title.
void draw_rule(Canvas& canvas, int row, int column, int width, std::string_view title);

}  // namespace kymo::KYMO_ABI::terminal
