#include <algorithm>
#include <cmath>

#include "number_text.h"
#include "pages.h"
#include "small_charts.h"
#include "table.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

constexpr int kAmount = 14;
constexpr int kLeastName = 20;
/// Narrower screens have no trends, to leave room for names.
constexpr int kTrendScreen = 72;

double sort_value(const World& world, const SeriesRow& row, SeriesSort sort) {
  if (sort == SeriesSort::name) return 0;
  const double value = latest_of(world, *row.family, {row.series},
                                 sort == SeriesSort::rate ? View::rate : now_view(*row.family));
  return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
}

Points trend_of(const World& world, const SeriesRow& row, int width) {
  const View view = row.family->kind == Kind::counter ? View::rate : now_view(*row.family);
  return points_of(world, *row.family, {row.series}, view, first_of_last(world, width));
}

/// A gauge's sparkline begins at its lowest value if that is far from zero; otherwise all columns would be
/// full.
Scale scale_of(const SeriesRow& row, const Points& points) {
  if (row.family->kind != Kind::gauge && row.family->kind != Kind::up_down_counter) return {};
  double lowest = kUnknown;
  double highest = kUnknown;
  for (const double value : points) {
    if (!std::isfinite(value)) continue;
    lowest = std::fmin(lowest, value);
    highest = std::fmax(highest, value);
  }
  return lowest > 0 && lowest > highest / 2 ? Scale{lowest - (highest - lowest) - highest / 100, highest}
                                            : Scale{std::fmin(lowest, 0.0), 0};
}

/// Labels distinguish the series of a family: a long name leaves them half of the room.
void draw_name(Canvas& canvas, int line, int width, const SeriesRow& row) {
  const std::string& labels = row.series->label_text;
  const int wanted = labels.empty() ? 0 : std::min(width_of(labels, canvas.alphabet()) + 1, width / 2);
  const int used = canvas.put(line, 1, row.family->name, Style::plain, width - wanted);
  if (wanted > 0) canvas.put(line, used + 2, labels, Style::quiet, width - used - 1);
}

/// The whole chosen series, even if its row shows only a part.
void draw_chosen(Canvas& canvas, int line, const SeriesRow& row) {
  const std::string unit = row.family->unit.empty() ? "" : ", in " + row.family->unit;
  const int used = canvas.put(line, 1, series_text(row), Style::strong, canvas.size().width - 2);
  canvas.put(line, used + 1, ": " + std::string(kind_name(row.family->kind)) + unit, Style::quiet,
             canvas.size().width - used - 2);
}

struct Figures {
  std::string now;
  std::string rate;
};

Figures figures_of(const World& world, const SeriesRow& row) {
  const Family& family = *row.family;
  const View view = now_view(family);
  const std::string now = amount_text(latest_of(world, family, {row.series}, view), unit_of(family, view));
  return {view == View::p95 && now != "-" ? "p95 " + now : now,
          family.kind == Kind::window
              ? ""
              : amount_text(latest_of(world, family, {row.series}, View::rate), unit_of(family, View::rate))};
}

/// The columns. Figures are never cut: a long figure shortens the trend, then the names.
struct Layout {
  int name;
  int now = kAmount;
  int rate = kAmount;
  int trend;
};

Layout layout_of(const Canvas& canvas, const std::vector<Figures>& figures) {
  const int width = canvas.size().width;
  Layout layout{0, kAmount, kAmount, width < kTrendScreen ? 0 : std::clamp(width / 6, 10, 40)};
  for (const Figures& one : figures) {
    layout.now = std::max(layout.now, width_of(one.now, canvas.alphabet()) + 1);
    layout.rate = std::max(layout.rate, width_of(one.rate, canvas.alphabet()) + 1);
  }
  const int room = width - layout.now - layout.rate - 4;
  if (room - layout.trend < kLeastName) layout.trend = std::max(room - kLeastName, 0);
  layout.name = room - layout.trend;
  return layout;
}

void draw_row(Canvas& canvas, int line, const Layout& layout, const World& world, const SeriesRow& row,
              const Figures& figures) {
  const int trend = layout.trend;
  draw_name(canvas, line, layout.name, row);
  canvas.put_right(line, layout.name + 1, layout.now, figures.now);
  canvas.put_right(line, layout.name + 1 + layout.now, layout.rate, figures.rate);
  const Points points = trend_of(world, row, trend);
  draw_sparkline(canvas, line, canvas.size().width - 1 - trend, trend, points, scale_of(row, points));
  draw_restarts(canvas, line, canvas.size().width - 1 - trend, trend, world);
}

}  // namespace

View now_view(const Family& family) noexcept {
  return family.kind == Kind::histogram || family.kind == Kind::window ? View::p95 : View::raw;
}

std::string series_text(const SeriesRow& row) {
  return row.series->label_text.empty() ? row.family->name : row.family->name + " " + row.series->label_text;
}

std::string_view sort_name(SeriesSort sort) noexcept {
  return sort == SeriesSort::name ? "name" : sort == SeriesSort::rate ? "rate" : "value";
}

std::vector<SeriesRow> chosen_series(const World& world, const ViewState& state) {
  std::vector<SeriesRow> rows;
  if (world.times.empty()) return rows;
  for (const auto& [name, family] : world.families) {
    for (const auto& [key, series] : family.series) {
      SeriesRow row{&family, &series, 0};
      if (!series.is_alive || (!state.filter.empty() && !matches_filter(series_text(row), state.filter)))
        continue;
      row.sorted_by = sort_value(world, row, state.series_sort);
      rows.push_back(row);
    }
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const SeriesRow& a, const SeriesRow& b) { return a.sorted_by > b.sorted_by; });
  if (state.is_reversed) std::reverse(rows.begin(), rows.end());
  return rows;
}

void draw_series(Canvas& canvas, Area area, const Scene& scene, ViewState& state) {
  const int width = canvas.size().width;
  const auto rows = chosen_series(scene.world, state);
  const Area below{area.top + 1, area.height - 2};
  if (!rows.empty() || !state.filter.empty()) settle_rows(canvas, below, rows.size(), state, "series");
  std::vector<Figures> figures;
  for (const SeriesRow& row : shown_rows(rows, state.top, below.height))
    figures.push_back(figures_of(scene.world, row));
  const Layout layout = layout_of(canvas, figures);
  canvas.put(area.top, 1, "Series", Style::quiet);
  canvas.put_right(area.top, layout.name + 1, layout.now, "Now", Style::quiet);
  canvas.put_right(area.top, layout.name + 1 + layout.now, layout.rate, "Per second", Style::quiet);
  if (layout.trend > 0)
    canvas.put_right(area.top, width - 1 - layout.trend, layout.trend, "Trend", Style::quiet);
  if (rows.empty() && state.filter.empty()) {
    settle_cursor(state, 0, area.height - 2);
    canvas.put(area.top + 2, 1, "No series yet.");
    return;
  }
  draw_rows(canvas, below, rows, state.top, state.cursor, [&](int line, const SeriesRow& row) {
    draw_row(canvas, line, layout, scene.world, row, figures[static_cast<std::size_t>(line - below.top)]);
  });
  if (rows.empty()) return;
  draw_chosen(canvas, area.top + area.height - 1, rows[static_cast<std::size_t>(state.cursor)]);
  if (scene.world.omitted_series > 0) {
    canvas.put_right(area.top, 8, layout.name - 8,
                     std::to_string(scene.world.omitted_series) + " more are not kept", Style::degraded);
  }
}

}  // namespace kymo::KYMO_ABI::terminal
