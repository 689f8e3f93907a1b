#include <array>

#include "number_text.h"
#include "small_charts.h"
#include "table.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

constexpr auto kHotspotColumns = std::to_array<TableColumn<HotspotRow>>({
    {"Function, block", 0, 0, [](const HotspotRow& row) { return row.name.empty() ? "(no name)" : row.name; },
     Side::left},
    {"Calls", 8, 0, &HotspotRow::calls},
    {"Total", 10, 0, &HotspotRow::total_seconds, "seconds"},
    {"Self", 10, 72, &HotspotRow::self_seconds, "seconds"},
    {"Average", 10, 0, &HotspotRow::average_seconds, "seconds"},
    {"p95", 10, 90, &HotspotRow::p95_seconds, "seconds"},
    {"Max", 10, 100, &HotspotRow::most_seconds, "seconds"},
    {"Errors", 8, 80, &HotspotRow::errors},
});
constexpr int kShareBar = 12;
constexpr int kShareScreen = 110;  ///< minimum screen width for the share of all self time
constexpr int kSlow = 6;

double sort_value(const HotspotRow& row, ProfileSort sort) {
  switch (sort) {
    case ProfileSort::total: return row.total_seconds;
    case ProfileSort::self: return row.self_seconds;
    case ProfileSort::average: return row.average_seconds;
    case ProfileSort::calls: return row.calls;
    default: return 0;
  }
}

/// Width of all columns but the names', and a blank.
int columns_width(int width) {
  int sum = 1 + kSlow + (width >= kShareScreen ? kShareBar + 2 : 0);
  for (const auto& column : kHotspotColumns) sum += width >= column.from_width ? column.width : 0;
  return sum;
}

std::string profiler_text(const Profile& profile, bool may_change) {
  std::string text = profile.is_on ? "The profiler is on" : "The profiler is off";
  if (profile.duration_seconds > 0) text += "; " + duration_text(profile.duration_seconds) + " are recorded";
  if (!may_change) return text;
  return text + (profile.is_on ? ". p turns it off, z forgets all" : ". p turns it on");
}

/// After a row's columns.
void draw_share(Canvas& canvas, int line, int at, double all_self, const HotspotRow& row) {
  if (canvas.size().width >= kShareScreen) {
    draw_bar(canvas, line, at + 2, kShareBar,
             all_self > 0 && row.self_seconds > 0 ? row.self_seconds / all_self : 0);
    at += kShareBar + 2;
  }
  if (row.is_slow) canvas.put(line, at + 1, "slow", Style::degraded, kSlow - 1);
}

std::string nothing_recorded(const Profile& profile, bool may_change) {
  if (profile.is_on)
    return "Nothing was recorded yet: mark the program's scopes with KYMO_PROFILE_SCOPE(\"name\").";
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
  const auto name = [](const HotspotRow& row) { return std::string_view(row.name); };
  const auto value = [&](const HotspotRow& row) { return sort_value(row, state.profile_sort); };
  return chosen_rows(profile.rows, state, name, value, name);
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
  const auto chosen = chosen_hotspots(*profile, state);
  const Area below{area.top + 2, area.height - 2};
  settle_rows(canvas, below, chosen.size(), state, "function");
  const TableColumns<HotspotRow> columns(kHotspotColumns, canvas, width - 2 - columns_width(width),
                                         shown_rows(chosen, state.top, below.height));
  const int share = columns.draw_titles(canvas, area.top + 1);
  if (width >= kShareScreen) canvas.put(area.top + 1, share + 2, "Of all self", Style::quiet);
  double all_self = 0;
  for (const HotspotRow& row : profile->rows) all_self += row.self_seconds > 0 ? row.self_seconds : 0;
  draw_rows(canvas, below, chosen, state.top, state.cursor, [&](int line, const HotspotRow* row) {
    draw_share(canvas, line, columns.draw_row(canvas, line, *row), all_self, *row);
  });
}

}  // namespace kymo::KYMO_ABI::terminal
