#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "number_text.h"
#include "pages.h"
#include "small_charts.h"
#include "table.h"
#include "tiles.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

constexpr int kTallScreen = 32;
constexpr int kWideScreen = 112;
constexpr double kRecentSeconds = 10;

int draw_verdict(Canvas& canvas, Area area, const Scene& scene, const Roles& roles) {
  const int width = canvas.size().width;
  if (scene.link.state == Link::State::lost || scene.world.times.empty()) {
    const bool is_lost = scene.link.state == Link::State::lost;
    canvas.put(area.top, 1,
               is_lost ? "Unknown: the connection is lost. The figures below are old"
                       : "Unknown: waiting for the first figures",
               Style::strong, width - 1);
    return 1;
  }
  const Verdict verdict = judge(scene.world, roles, scene.sessions);
  const int used = canvas.put(area.top, 1, verdict.title, style_of(verdict.level), width - 1);
  if (verdict.reasons.empty()) {
    canvas.put(area.top, used + 1, ": all checks pass", Style::quiet, width - used - 1);
    return 1;
  }
  const int most = canvas.size().height >= kTallScreen ? 4 : canvas.size().height >= 24 ? 2 : 1;
  const int count = static_cast<int>(verdict.reasons.size());
  const int shown = std::min(most, count);
  for (int i = 0; i < shown; ++i) {
    const Reason& reason = verdict.reasons[static_cast<std::size_t>(i)];
    canvas.put(area.top + 1 + i, 2, level_name(reason.level), style_of(reason.level));
    canvas.put(area.top + 1 + i, 12, reason.text, Style::plain, width - 12);
  }
  if (count > shown)
    canvas.put_right(area.top, used + 2, width - used - 3, "and " + std::to_string(count - shown) + " more",
                     Style::quiet);
  return 1 + shown;
}

void draw_tile(Canvas& canvas, int row, int column, int width, bool is_tall, const World& world,
               const Tile& tile) {
  constexpr int kTitle = 16;
  const Scale scale{0, tile.unit == "ratio" ? 1.0 : 0.0};
  const std::string limit = tile.limit_text.empty() ? "" : " " + tile.limit_text;
  if (is_tall) {
    const int figure_width = width_of(tile.figure, canvas.alphabet());
    const int used =
        canvas.put(row, column, tile.title, Style::quiet, std::max(width - figure_width - 2, 4)) + 1;
    const int room = width - used - 1;
    const bool fits = width_of(tile.figure + limit, canvas.alphabet()) <= room;
    canvas.put_right(row, column + used, room, fits ? tile.figure + limit : tile.figure, Style::strong);
    draw_sparkline(canvas, row + 1, column, width - 1, tile.points, scale);
    draw_restarts(canvas, row + 1, column, width - 1, world);
    return;
  }
  const int figure = width_of(tile.figure, canvas.alphabet());
  const int title = std::clamp(width - 1 - figure, 4, kTitle);
  canvas.put(row, column, tile.title, Style::quiet, title - 1);
  const int used = title + canvas.put(row, column + title, tile.figure, Style::strong, width - title);
  int rest = std::max(used, title + std::max(figure, 11)) + 1;
  if (!limit.empty() && rest + static_cast<int>(limit.size()) + 4 < width)
    rest = used + 1 + canvas.put(row, column + used, limit, Style::quiet);
  draw_sparkline(canvas, row, column + rest, width - rest - 1, tile.points, scale);
  draw_restarts(canvas, row, column + rest, width - rest - 1, world);
}

int draw_tiles(Canvas& canvas, int row, const Scene& scene, const Roles& roles) {
  const Size size = canvas.size();
  const int columns = size.width >= kWideScreen ? 4 : 2;
  const bool is_tall = size.height >= kTallScreen || columns == 4;
  const int width = (size.width - 1) / columns;
  const auto tiles = tiles_of(scene.world, roles, width);
  const int lines = is_tall ? (size.height >= kTallScreen ? 3 : 2) : 1;
  int at = 0;
  for (const Tile& tile : tiles) {
    draw_tile(canvas, row + at / columns * lines, 1 + at % columns * width, width, is_tall, scene.world,
              tile);
    ++at;
  }
  return (at + columns - 1) / columns * lines;
}

/// The limits are those of the verdict's CPU rules; NaN is below all.
Style load_style(double share) {
  return share >= 0.97 ? Style::unwell : share >= 0.85 ? Style::degraded : Style::bar;
}

struct Core {
  int number;
  double share;
};

std::vector<Core> cores_of(const World& world) {
  std::vector<Core> cores;
  const Family* family = world.find("kymo_system_cpu_core_ratio");
  if (family == nullptr) return cores;
  for (const auto& [key, series] : family->series) {
    const std::string* name = series.label("cpu");
    if (!series.is_alive || name == nullptr) continue;
    int number = 0;
    std::from_chars(name->data(), name->data() + name->size(), number);
    cores.push_back({number, series.last()});
  }
  std::sort(cores.begin(), cores.end(), [](const Core& a, const Core& b) { return a.number < b.number; });
  return cores;
}

/// A bar for each core; for too many cores one column each, as many as fit.
void draw_cores(Canvas& canvas, Area area, int column, int width, const std::vector<Core>& cores) {
  const int count = static_cast<int>(cores.size());
  const int columns = (count + area.height - 1) / std::max(area.height, 1);
  const int each = columns > 0 ? width / columns : 0;
  if (each >= 14) {
    for (int i = 0; i < count; ++i) {
      const Core& core = cores[static_cast<std::size_t>(i)];
      const int row = area.top + i % area.height;
      const int at = column + i / area.height * each;
      canvas.put_right(row, at, 3, std::to_string(core.number), Style::quiet);
      canvas.put_right(row, at + each - 7, 6, cut_ratio_text(core.share));
      draw_bar(canvas, row, at + 4, each - 11, core.share, load_style(core.share));
    }
    return;
  }
  for (int i = 0; i < count && i < area.height * (width - 2); ++i) {
    const Core& core = cores[static_cast<std::size_t>(i)];
    draw_level(canvas, area.top + i / (width - 2), column + 1 + i % (width - 2), core.share,
               load_style(core.share));
  }
}

double last_of(const World& world, std::string_view name, const std::string& resource = "") {
  const Family* family = world.find(name);
  if (family == nullptr) return kUnknown;
  for (const auto& [key, series] : family->series) {
    if (resource.empty()) return latest_of(world, *family, summands(*family), View::raw);
    const std::string* found = series.label("resource");
    const std::string* kind = series.label("kind");
    if (found != nullptr && *found == resource && kind != nullptr && *kind == "some") return series.last();
  }
  return kUnknown;
}

void draw_share(Canvas& canvas, int row, int column, int width, const std::string& title, double share,
                const std::string& text) {
  constexpr int kBar = 10;
  canvas.put(row, column, title, Style::quiet, 9);
  const int bar = std::clamp(width - 11 - width_of(cut_ratio_text(share) + text, canvas.alphabet()), 4, kBar);
  draw_bar(canvas, row, column + 10, bar, share, load_style(share));
  const std::array<std::string, 2> texts = {cut_ratio_text(share), text};
  canvas.put_whole(row, column + bar + 11, texts, Style::plain, width - bar - 11);
}

void draw_host(Canvas& canvas, int row, int column, int width, const World& world) {
  const double total = last_of(world, "kymo_system_memory_total_bytes");
  draw_share(canvas, row, column, width, "Memory", last_of(world, "kymo_system_memory_used_ratio"),
             std::isnan(total) ? "" : " of " + amount_text(total, "bytes"));
  canvas.put(row + 1, column, "Load", Style::quiet);
  std::vector<std::string> load;
  for (const char* name : {"node_load1", "node_load5", "node_load15"})
    load.push_back(factor_text(last_of(world, name)) + "  ");
  load.emplace_back("(1, 5, 15 min)");
  canvas.put_whole(row + 1, column + 10, load, Style::plain, width - 10);
  canvas.put(row + 2, column, "Pressure", Style::quiet);
  std::vector<std::string> pressure;
  for (const char* resource : {"cpu", "memory", "io"}) {
    pressure.push_back((pressure.empty() ? "" : "  ") + std::string(resource) + " " +
                       amount_text(last_of(world, "kymo_system_pressure_ratio", resource), "ratio"));
  }
  canvas.put_whole(row + 2, column + 10, pressure, Style::plain, width - 10);
  const Family* disks = world.find("kymo_system_filesystem_used_ratio");
  const Series* fullest = nullptr;
  if (disks != nullptr) {
    for (const auto& [key, series] : disks->series) {
      if (series.is_alive && (fullest == nullptr || series.last() > fullest->last())) fullest = &series;
    }
  }
  if (fullest == nullptr) return;
  const std::string* mount = fullest->label("mountpoint");
  draw_share(canvas, row + 3, column, width, "Disk", fullest->last(),
             mount == nullptr ? "" : " of " + *mount);
}

int draw_machine(Canvas& canvas, int row, const Scene& scene) {
  constexpr int kRows = 4;
  constexpr int kHost = 38;  // width of its figures
  const int width = canvas.size().width;
  const int left = std::min(width / 2 - 2, std::max(18, width - 4 - kHost));
  const std::vector<Core> cores = cores_of(scene.world);
  const double all = last_of(scene.world, "kymo_system_cpu_ratio");
  const std::string title = std::isnan(all) ? "CPU" : "CPU " + amount_text(all, "ratio");
  const std::string of = " of " + std::to_string(cores.size()) + (cores.size() == 1 ? " core" : " cores");
  const bool fits = !std::isnan(all) && width_of(title + of, canvas.alphabet()) <= left;
  draw_rule(canvas, row, 1, left, fits ? title + of : title);
  draw_rule(canvas, row, left + 3, width - left - 4, "Host");
  draw_cores(canvas, {row + 1, kRows}, 1, left, cores);
  draw_host(canvas, row + 1, left + 3, width - left - 4, scene.world);
  return kRows + 1;
}

struct Timing {
  const Family* family;
  double recent;  ///< recorded in the last seconds
};

/// The most active timings, the program's own before kymo's.
std::vector<Timing> busiest_timings(const World& world) {
  std::vector<Timing> timings;
  const std::size_t from = world.lower_bound(world.last_time() - kRecentSeconds);
  for (const auto& [name, family] : world.families) {
    if (family.kind != Kind::histogram || (family.unit != "seconds" && family.unit != "milliseconds"))
      continue;
    double recent = 0;
    for (const Series* series : summands(family)) {
      for (std::size_t at = from; at < series->growths.size(); ++at) {
        for (const auto& [index, count] : series->growths[at].buckets) recent += count;
      }
    }
    timings.push_back({&family, recent});
  }
  std::stable_sort(timings.begin(), timings.end(), [](const Timing& a, const Timing& b) {
    if (a.family->is_application() != b.family->is_application()) return a.family->is_application();
    return a.recent > b.recent;
  });
  return timings;
}

/// Titles above right-aligned columns of numbers.
constexpr int kFigure = 10;

/// A table of names, figures and a trend. Figures are never cut; the trend is hidden if names have no room.
class FigureTable final {
 public:
  using Figures = std::vector<std::string>;

  FigureTable(const Canvas& canvas, Figures titles, const std::vector<Figures>& rows)
      : titles_(std::move(titles)), screen_(canvas.size().width) {
    for (std::size_t i = 0; i < titles_.size(); ++i) {
      int width = screen_ < kRoomyScreen ? kFigure - 1 : kFigure;
      for (const Figures& row : rows) width = std::max(width, width_of(row[i], canvas.alphabet()) + 2);
      widths_.push_back(width);
      all_ += width;
    }
    trend_ = std::max(8, screen_ / 5);
    if (names() < kLeastNames) trend_ = 0;
  }

  /// Number of screen columns before the figures.
  [[nodiscard]] int names() const noexcept { return screen_ - 1 - trend_ - all_; }
  [[nodiscard]] int trend() const noexcept { return trend_; }

  void draw_titles(Canvas& canvas, int row, std::string_view title, std::string_view trend) const {
    draw_rule(canvas, row, 1, names() - 1, title);
    put(canvas, row, titles_, Style::quiet);
    if (trend_ > 0) canvas.put_right(row, screen_ - trend_, trend_ - 1, trend, Style::quiet);
  }
  void draw_row(Canvas& canvas, int row, const Family& family, const Figures& figures, const Points& points,
                const World& world) const {
    canvas.put(row, 1, family.name, Style::plain, names() - 2);
    put(canvas, row, figures, Style::plain);
    if (trend_ == 0) return;
    draw_sparkline(canvas, row, screen_ - trend_, trend_ - 1, points);
    draw_restarts(canvas, row, screen_ - trend_, trend_ - 1, world);
  }

 private:
  static constexpr int kLeastNames = 20;
  static constexpr int kRoomyScreen = 72;

  void put(Canvas& canvas, int row, const Figures& figures, Style style) const {
    int column = names();
    for (std::size_t i = 0; i < figures.size(); ++i) {
      canvas.put_right(row, column, widths_[i] - 1, figures[i], style);
      column += widths_[i];
    }
  }

  Figures titles_;
  std::vector<int> widths_;
  int screen_;
  int all_ = 0;
  int trend_ = 0;
};

FigureTable::Figures timing_figures(const World& world, const Timing& timing) {
  static constexpr std::array kQuantiles = {0.5, 0.95, 0.99};
  const Family& family = *timing.family;
  const SeriesList series = summands(family);
  FigureTable::Figures figures = {amount_text(latest_of(world, family, series, View::rate))};
  for (const double found : quantiles(world, series, kQuantiles, world.times.size() - 1))
    figures.push_back(amount_text(found, family.unit));
  return figures;
}

void draw_timings(Canvas& canvas, Area area, const World& world, const std::vector<Timing>& timings) {
  std::vector<FigureTable::Figures> figures;
  for (const Timing& timing : shown_rows(timings, 0, area.height - 1))
    figures.push_back(timing_figures(world, timing));
  const FigureTable table(canvas, {"per s", "p50", "p95", "p99"}, figures);
  table.draw_titles(canvas, area.top, "Latency, last 10 s", "p95");
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const Family& family = *timings[i].family;
    table.draw_row(canvas, area.top + 1 + static_cast<int>(i), family, figures[i],
                   points_of(world, family, summands(family), View::p95,
                             first_of_last(world, std::max(table.trend() - 1, 0))),
                   world);
  }
}

/// The families of errors and losses that ever counted.
std::vector<const Family*> losses_of(const World& world, const Roles& roles) {
  std::vector<const Family*> found;
  for (const auto* list : {&roles.errors, &roles.drops}) {
    for (const Family* family : *list) {
      if (latest_of(world, *family, summands(*family), View::raw) > 0) found.push_back(family);
    }
  }
  return found;
}

void draw_losses(Canvas& canvas, Area area, const World& world, const std::vector<const Family*>& losses) {
  if (losses.empty()) {
    draw_rule(canvas, area.top, 1, canvas.size().width - 2, "Errors and drops: none");
    return;
  }
  std::vector<FigureTable::Figures> figures;
  for (const Family* family : shown_rows(losses, 0, area.height - 1)) {
    const SeriesList series = summands(*family);
    figures.push_back({amount_text(latest_of(world, *family, series, View::rate)),
                       amount_text(latest_of(world, *family, series, View::raw))});
  }
  const FigureTable table(canvas, {"per s", "in all"}, figures);
  table.draw_titles(canvas, area.top, "Errors and drops", "");
  for (std::size_t i = 0; i < figures.size(); ++i) {
    table.draw_row(canvas, area.top + 1 + static_cast<int>(i), *losses[i], figures[i],
                   points_of(world, *losses[i], summands(*losses[i]), View::rate,
                             first_of_last(world, std::max(table.trend() - 1, 0))),
                   world);
  }
}

struct Section {
  int least;
  int most;
  int rows = 0;
};

/// Gives each section its minimum in order, then distributes the rest in turns.
void share_rows(int rows, std::span<Section> sections) {
  for (Section& section : sections) {
    if (section.most < section.least || section.least > rows) continue;
    section.rows = section.least;
    rows -= section.least;
  }
  for (bool is_moving = true; is_moving && rows > 0;) {
    is_moving = false;
    for (Section& section : sections) {
      if (section.rows == 0 || section.rows >= section.most || rows == 0) continue;
      ++section.rows;
      --rows;
      is_moving = true;
    }
  }
}

}  // namespace

void draw_overview(Canvas& canvas, Area area, const Scene& scene) {
  const int end = area.top + area.height;
  const Roles roles = roles_of(scene.world);
  int row = area.top + draw_verdict(canvas, area, scene, roles);
  if (scene.world.times.empty()) return;
  row += draw_tiles(canvas, row, scene, roles);
  row += draw_machine(canvas, row, scene);
  const auto timings = busiest_timings(scene.world);
  const auto losses = losses_of(scene.world, roles);
  const auto sessions =
      scene.sessions == nullptr ? std::vector<const SessionRow*>() : chosen_sessions(*scene.sessions, {});
  std::array sections = {
      Section{2, 1 + static_cast<int>(timings.size())},
      Section{3, sessions.empty() ? 0 : 2 + static_cast<int>(sessions.size())},
      Section{losses.empty() ? 1 : 2, roles.has_application ? 1 + static_cast<int>(losses.size()) : 0}};
  share_rows(end - row, sections);
  if (sections[0].rows > 0) draw_timings(canvas, {row, sections[0].rows}, scene.world, timings);
  row += sections[0].rows;
  if (sections[1].rows > 0) {
    draw_rule(canvas, row, 1, canvas.size().width - 2, "Sessions " + amount_text(scene.sessions->count));
    draw_session_rows(canvas, {row + 1, sections[1].rows - 1}, sessions, 0, -1);
  }
  row += sections[1].rows;
  if (sections[2].rows > 0) draw_losses(canvas, {row, sections[2].rows}, scene.world, losses);
}

}  // namespace kymo::KYMO_ABI::terminal
