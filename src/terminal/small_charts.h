#pragma once

#include <span>

#include <kymo/terminal/canvas.h>
#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

/// What ranges a sparkline has at least, so that noise about a constant does not look like a storm.
struct Scale {
  double floor = 0;     ///< the lowest mark's value
  double at_least = 0;  ///< the highest mark's value is this or more
};

/// The last values, one a column, the newest at the right; NaN is a gap. `width` columns from `column`.
void draw_sparkline(Canvas& canvas, int row, int column, int width, std::span<const double> values,
                    Scale scale = {}, Style style = Style::bar);

/// Marks on a sparkline of the last moments at that place where the server started anew.
void draw_restarts(Canvas& canvas, int row, int column, int width, const World& world);

/// A share of 0 to 1 as a bar of `width` columns, in eighths of a column where there are such characters.
void draw_bar(Canvas& canvas, int row, int column, int width, double share, Style style = Style::bar);

/// One column that shows a share of 0 to 1: for more of them than there is room for bars.
void draw_level(Canvas& canvas, int row, int column, double share, Style style = Style::bar);

/// A line over `width` columns that begins with a title.
void draw_rule(Canvas& canvas, int row, int column, int width, std::string_view title);

}  // namespace kymo::KYMO_ABI::terminal
