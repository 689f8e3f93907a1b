#include <kymo/terminal/watch_screen.h>

#include <algorithm>

#include "number_text.h"
#include "small_charts.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

using watch::Metric;
using watch::MetricInfo;

constexpr int kTitleColumns = 21;
constexpr int kFigureColumns = 13;
/// Four pages of growth, or a hundredth of a core, must look flat.
constexpr double kLeastRange = 1e-2;

void draw_watch_header(Canvas& canvas, const WatchScene& scene) {
  const int width = canvas.size().width;
  const std::string right = amount_text(scene.recording.duration(), "seconds") + ", " +
                            std::to_string(scene.recording.readings()) + " readings, " +
                            amount_text(scene.rate_hz) + " Hz ";
  const int room = width - width_of(right, canvas.alphabet()) - 1;
  canvas.put(0, 0, " kymo monitor  " + scene.what + " (pid " + scene.pid + ")", Style::title, room);
  canvas.put_right(0, 0, width, right);
  canvas.paint(0, 0, width, Style::title);
}

/// The issues so far, in at most three lines; returns the next row.
int draw_watch_findings(Canvas& canvas, const WatchScene& scene) {
  const int width = canvas.size().width;
  if (scene.findings.empty()) {
    const bool is_short = scene.recording.duration() < watch::seconds_to_judge(scene.rate_hz);
    canvas.put(1, 1,
               is_short ? "No issue so far; growth is judged after " +
                              amount_text(watch::seconds_to_judge(scene.rate_hz), "seconds")
                        : std::string("No issue so far"),
               Style::good, width - 1);
    return 2;
  }
  int row = 1;
  for (const watch::Finding& finding : scene.findings) {
    if (row > 3 || row + 4 >= canvas.size().height) break;
    canvas.put(row, 1, watch::name_of(finding.issue), Style::unwell, 9);
    canvas.put(row, 11, finding.text, Style::plain, width - 11);
    ++row;
  }
  return row;
}

Scale scale_of(const MetricInfo& info, const watch::Totals& totals) {
  if (info.unit == "ratio") return {0, 1};
  // An amount's line begins at its minimum, which shows growth best.
  if (info.is_level) return {totals.least * 0.98, totals.least * 1.02 + kLeastRange};
  return {0, kLeastRange};
}

void draw_metric(Canvas& canvas, int row, const WatchScene& scene, const MetricInfo& info) {
  const int width = canvas.size().width;
  const watch::Totals totals = scene.recording.totals(info.metric);
  canvas.put(row, 1, info.title, Style::quiet, kTitleColumns - 1);
  int column = kTitleColumns;
  Style style = Style::strong;
  for (const double value : {totals.last, totals.average, totals.most}) {
    if (column + kFigureColumns > width) return;
    canvas.put_right(row, column, kFigureColumns - 1, amount_text(value, info.unit), style);
    style = Style::plain;
    column += kFigureColumns;
  }
  draw_sparkline(canvas, row, column, width - column - 1, scene.recording.values(info.metric),
                 scale_of(info, totals));
}

/// Without room for all, keeps the most important rows.
std::vector<Metric> shown_metrics(const WatchScene& scene, int room) {
  constexpr Metric kByWeight[] = {Metric::cpu,
                                  Metric::resident,
                                  Metric::threads,
                                  Metric::files,
                                  Metric::busiest_thread,
                                  Metric::read,
                                  Metric::written,
                                  Metric::proportional,
                                  Metric::voluntary_switches,
                                  Metric::throttled,
                                  Metric::involuntary_switches,
                                  Metric::cpu_wait,
                                  Metric::busiest_wait,
                                  Metric::io_wait,
                                  Metric::anonymous,
                                  Metric::minor_faults,
                                  Metric::major_faults,
                                  Metric::disk_read,
                                  Metric::disk_written,
                                  Metric::processes,
                                  Metric::swapped};
  std::vector<Metric> shown;
  for (const Metric metric : kByWeight) {
    if (static_cast<int>(shown.size()) >= room) break;
    if (scene.recording.totals(metric).readings > 0) shown.push_back(metric);
  }
  std::ranges::sort(shown);
  return shown;
}

}  // namespace

Canvas draw_watch(const WatchScene& scene, Size size, Alphabet alphabet) {
  Canvas canvas(size, alphabet);
  if (size.width < kLeastWatchSize.width || size.height < kLeastWatchSize.height) {
    canvas.put(0, 0, "kymo monitor needs at least 50x8; q quits", Style::strong, size.width);
    return canvas;
  }
  draw_watch_header(canvas, scene);
  int row = draw_watch_findings(canvas, scene);
  canvas.put_right(row, kTitleColumns, kFigureColumns - 1, "now", Style::quiet);
  canvas.put_right(row, kTitleColumns + kFigureColumns, kFigureColumns - 1, "average", Style::quiet);
  canvas.put_right(row, kTitleColumns + 2 * kFigureColumns, kFigureColumns - 1, "most", Style::quiet);
  ++row;
  const int footer = size.height - 1;
  const int bottom = scene.last_output.empty() ? footer : footer - 1;
  for (const Metric metric : shown_metrics(scene, bottom - row))
    draw_metric(canvas, row++, scene, info_of(metric));
  if (!scene.last_output.empty()) {
    canvas.put(bottom, 1, "Output", Style::quiet);
    canvas.put(bottom, kTitleColumns, scene.last_output, Style::plain, size.width - kTitleColumns);
  }
  const std::string may_use = "it may use " + amount_text(scene.surroundings.cores, "cores");
  canvas.put(footer, 0,
             scene.state.empty() ? " q ends the watch and prints the report; " + may_use : " " + scene.state,
             Style::footer, size.width);
  return canvas;
}

}  // namespace kymo::KYMO_ABI::terminal
