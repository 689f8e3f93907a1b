#include "small_charts.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace kymo::KYMO_ABI::terminal {
namespace {

// Block elements, U+2581 to U+2588: each an eighth taller.
constexpr char32_t kLowestBlock = U'\u2581';
constexpr char32_t kFullBlock = U'\u2588';
constexpr std::array<char32_t, 8> kAsciiLevels = {U'_', U'.', U':', U'-', U'=', U'+', U'*', U'#'};

char32_t level_mark(double share, Alphabet alphabet) {
  const int level = std::clamp(static_cast<int>(std::ceil(share * 8)) - 1, 0, 7);
  if (alphabet == Alphabet::ascii) return kAsciiLevels[static_cast<std::size_t>(level)];
  return kLowestBlock + static_cast<char32_t>(level);
}

}  // namespace

void draw_sparkline(Canvas& canvas, int row, int column, int width, std::span<const double> values,
                    Scale scale, Style style) {
  if (width <= 0) return;
  if (values.size() > static_cast<std::size_t>(width)) values = values.last(static_cast<std::size_t>(width));
  double highest = scale.at_least;
  for (const double value : values) {
    if (std::isfinite(value)) highest = std::max(highest, value);
  }
  const double range = highest - scale.floor;
  int at = column + width - static_cast<int>(values.size());
  for (const double value : values) {
    if (std::isfinite(value)) {
      const double share = range > 0 ? std::clamp((value - scale.floor) / range, 0.0, 1.0) : 0;
      canvas.put_glyph(row, at, level_mark(share, canvas.alphabet()), share > 0 ? style : Style::quiet);
    }
    ++at;
  }
}

void draw_restarts(Canvas& canvas, int row, int column, int width, const World& world) {
  const char32_t mark = canvas.alphabet() == Alphabet::ascii ? U'|' : U'\u2502';
  for (const double time : world.restarts) {
    // The moment before it, which has no data.
    const auto from_end = static_cast<std::ptrdiff_t>(world.times.size() - world.lower_bound(time));
    if (from_end < width)
      canvas.put_glyph(row, column + width - 1 - static_cast<int>(from_end), mark, Style::quiet);
  }
}

void draw_bar(Canvas& canvas, int row, int column, int width, double share, Style style) {
  const bool is_ascii = canvas.alphabet() == Alphabet::ascii;
  const char32_t rest = is_ascii ? U'.' : U'\u2500';
  const double known = std::isnan(share) ? 0 : std::clamp(share, 0.0, 1.0);
  const int eighths = static_cast<int>(std::lround(known * width * 8));
  for (int i = 0; i < width; ++i) {
    const int filled = std::clamp(eighths - i * 8, 0, 8);
    if (filled == 8 || (is_ascii && filled >= 4)) {
      canvas.put_glyph(row, column + i, is_ascii ? U'#' : kFullBlock, style);
    } else if (filled > 0 && !is_ascii) {
      // U+258F to U+2589: left blocks, each an eighth wider.
      canvas.put_glyph(row, column + i, U'\u2590' - static_cast<char32_t>(filled), style);
    } else {
      canvas.put_glyph(row, column + i, rest, Style::quiet);
    }
  }
}

void draw_level(Canvas& canvas, int row, int column, double share, Style style) {
  if (!std::isnan(share)) canvas.put_glyph(row, column, level_mark(share, canvas.alphabet()), style);
}

void draw_rule(Canvas& canvas, int row, int column, int width, std::string_view title) {
  const char32_t line = canvas.alphabet() == Alphabet::ascii ? U'-' : U'\u2500';
  for (int i = 0; i < width; ++i) canvas.put_glyph(row, column + i, line, Style::quiet);
  const int used = canvas.put(row, column, title, Style::title, width);
  if (used < width && used > 0) canvas.put(row, column + used, " ");
}

}  // namespace kymo::KYMO_ABI::terminal
