#include <algorithm>
#include <array>
#include <cmath>

#include "marks.h"
#include "number_text.h"
#include "pages.h"
#include "table.h"

namespace kymo::terminal {
namespace {

std::string seconds_text(double value) { return amount_text(value, "seconds"); }

constexpr std::array kHotspotColumns = {
    TableColumn<HotspotRow>{"Calls", 9, 0, [](const HotspotRow& row) { return amount_text(row.calls); }},
    TableColumn<HotspotRow>{"Total", 10, 0,
                            [](const HotspotRow& row) { return seconds_text(row.total_seconds); }},
    TableColumn<HotspotRow>{"Self", 10, 72,
                            [](const HotspotRow& row) { return seconds_text(row.self_seconds); }},
    TableColumn<HotspotRow>{"Average", 10, 0,
                            [](const HotspotRow& row) { return seconds_text(row.average_seconds); }},
    TableColumn<HotspotRow>{"p95", 10, 90,
                            [](const HotspotRow& row) { return seconds_text(row.p95_seconds); }},
    TableColumn<HotspotRow>{"Max", 10, 100,
                            [](const HotspotRow& row) { return seconds_text(row.most_seconds); }},
    TableColumn<HotspotRow>{"Errors", 8, 80, [](const HotspotRow& row) { return amount_text(row.errors); }},
};
constexpr int kShareBar = 12;
constexpr int kShareScreen = 110;  ///< from which width on the share of all self time is shown
constexpr int kSlow = 6;

double sort_value(const HotspotRow& row, ProfileSort sort) {
  double value = 0;
  switch (sort) {
    case ProfileSort::total: value = row.total_seconds; break;
    case ProfileSort::self: value = row.self_seconds; break;
    case ProfileSort::average: value = row.average_seconds; break;
    case ProfileSort::calls: value = row.calls; break;
    default: return 0;
  }
  return std::isnan(value) ? -1 : value;
}

int columns_width(int width) {
  int sum = kSlow + (width >= kShareScreen ? kShareBar + 2 : 0);
  for (const auto& column : kHotspotColumns) sum += width >= column.from_width ? column.width : 0;
  return sum;
}

std::string profiler_text(const Profile& profile, bool may_change) {
  std::string text = profile.is_on ? "The profiler is on" : "The profiler is off";
  if (profile.duration_seconds > 0) text += "; " + duration_text(profile.duration_seconds) + " are recorded";
  if (!may_change) return text;
  return text + (profile.is_on ? ". p turns it off, z forgets all" : ". p turns it on");
}

void draw_hotspot(Canvas& canvas, int line, int name_width, double all_self, const HotspotRow& row) {
  const int width = canvas.size().width;
  canvas.put(line, 1, row.name.empty() ? "(no name)" : row.name, Style::plain, name_width);
  int at = draw_columns<HotspotRow>(canvas, line, name_width + 1, kHotspotColumns, row);
  if (width >= kShareScreen) {
    draw_bar(canvas, line, at + 2, kShareBar,
             all_self > 0 && row.self_seconds > 0 ? row.self_seconds / all_self : 0);
    at += kShareBar + 2;
  }
  if (row.is_slow) canvas.put(line, at + 1, "slow", Style::degraded, kSlow - 1);
}

std::string nothing_recorded(const Profile& profile, bool may_change) {
  if (profile.is_on)
    return "Nothing was recorded yet: a program tells of itself with KYMO_PROFILE_SCOPE(\"name\").";
  if (may_change) return "Nothing was recorded. p turns the profiler on.";
  return "Nothing was recorded. POST /api/profile/start, with the token, turns the profiler on.";
}

}  // namespace

std::string_view sort_name(ProfileSort sort) noexcept {
  switch (sort) {
    case ProfileSort::total: return "total";
    case ProfileSort::self: return "self";
    case ProfileSort::average: return "average";
    case ProfileSort::calls: return "calls";
    default: return "name";
  }
}

std::vector<const HotspotRow*> chosen_hotspots(const Profile& profile, const ViewState& state) {
  std::vector<const HotspotRow*> rows;
  for (const HotspotRow& row : profile.rows) {
    if (matches_filter(row.name, state.filter)) rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(), [&](const HotspotRow* a, const HotspotRow* b) {
    const double x = sort_value(*a, state.profile_sort);
    const double y = sort_value(*b, state.profile_sort);
    return x != y ? x > y : a->name < b->name;
  });
  if (state.is_reversed) std::reverse(rows.begin(), rows.end());
  return rows;
}

void draw_profile(Canvas& canvas, Area area, const Scene& scene, ViewState& state) {
  const int width = canvas.size().width;
  const Profile* profile = value_of(scene, &Answers::profile);
  if (profile == nullptr || profile->rows.empty()) {
    draw_nothing(canvas, area,
                 profile == nullptr ? why_nothing(scene, &Answers::profile, "/api/profile")
                                    : nothing_recorded(*profile, scene.answers->may_change));
    settle_cursor(state, 0, 1);
    return;
  }
  canvas.put(area.top, 1, profiler_text(*profile, scene.answers->may_change), Style::plain, width - 2);
  const int name_width = width - 2 - columns_width(width);
  canvas.put(area.top + 1, 1, "Function, block", Style::quiet);
  const int share = draw_titles<HotspotRow>(canvas, area.top + 1, name_width + 1, kHotspotColumns);
  if (width >= kShareScreen) canvas.put(area.top + 1, share + 2, "Of all self", Style::quiet);
  const auto rows = chosen_hotspots(*profile, state);
  settle_cursor(state, static_cast<int>(rows.size()), area.height - 2);
  if (rows.empty())
    canvas.put(area.top + 3, 1, "No function has all of these words: " + state.filter, Style::plain,
               width - 2);
  double all_self = 0;
  for (const HotspotRow& row : profile->rows) all_self += row.self_seconds > 0 ? row.self_seconds : 0;
  for (int i = 0; i + 2 < area.height && state.top + i < static_cast<int>(rows.size()); ++i) {
    const int line = area.top + 2 + i;
    draw_hotspot(canvas, line, name_width, all_self,
                 *rows[static_cast<std::size_t>(state.top) + static_cast<std::size_t>(i)]);
    if (state.top + i == state.cursor) canvas.paint(line, 0, width, Style::chosen);
  }
}

}  // namespace kymo::terminal
