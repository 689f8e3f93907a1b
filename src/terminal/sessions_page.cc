#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <kymo/base/ascii.h>

#include "number_text.h"
#include "small_charts.h"
#include "table.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

std::string ladder_text(const SessionRow& row) {
  std::string text = base::lower(row.ladder);
  if (row.idle) text += text.empty() ? "idle" : ", idle";
  return text.empty() ? "-" : text;
}

constexpr int kStateWidth = 8;
constexpr int kBar = 6;

constexpr auto kColumns = std::to_array<TableColumn<SessionRow>>({
    {"Session", 0, 0, [](const SessionRow& row) { return row.id.empty() ? "(no id)" : row.id; }, Side::left},
    {"State", kStateWidth, 0, [](const SessionRow& row) { return std::string(level_name(row.level)); },
     Side::left, [](const SessionRow& row) { return style_of(row.level); }},
    // The bar's column; its figure is in the next one.
    {"Queue", kBar - 1, 0, [](const SessionRow& /*row*/) { return std::string(); }, Side::left},
    {"", 7, 0, [](const SessionRow& row) { return cut_ratio_text(row.fill); }},
    {"Factor", 7, 0, [](const SessionRow& row) { return factor_text(row.realtime_factor); }},
    {"Ladder", 10, 0, [](const SessionRow& row) { return ladder_text(row); }},
    {"Backlog", 9, 90, &SessionRow::backlog_seconds, "seconds"},
    {"Dropped", 8, 70, &SessionRow::dropped},
    {"Errors", 7, 100, &SessionRow::errors},
    {"Open for", 13, 130, [](const SessionRow& row) { return duration_text(row.age_seconds); }},
});

/// Minimum width to show a reason.
constexpr int kLeastReason = 14;

std::string reasons_text(const SessionRow& row) {
  std::string text;
  for (const std::string& reason : row.reasons) text += (text.empty() ? "" : ", ") + reason;
  return text;
}

double sort_value(const SessionRow& row, SessionSort sort) {
  switch (sort) {
    case SessionSort::state: return static_cast<double>(row.level);
    case SessionSort::factor: return row.realtime_factor;
    case SessionSort::queue: return row.fill;
    case SessionSort::age: return row.age_seconds;
    default: return 0;
  }
}

void draw_session(Canvas& canvas, int line, const TableColumns<SessionRow>& columns, const SessionRow& row) {
  const int width = canvas.size().width;
  const int at = columns.draw_row(canvas, line, row);
  draw_bar(canvas, line, columns.name_width() + kStateWidth + 3, kBar, row.fill,
           row.fill > 0.95   ? Style::unwell
           : row.fill > 0.85 ? Style::degraded
                             : Style::bar);
  const std::string why = reasons_text(row);
  if (width - at > kLeastReason)
    canvas.put(line, at + 2, why.empty() ? row.model : why, Style::quiet, width - at - 3);
}

/// In local time, like all times.
std::string start_text(const PastSessionRow& row) { return date_text(row.start); }

/// The session's name, or its id.
std::string name_text(const PastSessionRow& row) {
  if (!row.name.empty()) return row.name;
  return row.id.empty() ? "(no id)" : row.id;
}

constexpr auto kPastColumns = std::to_array<TableColumn<PastSessionRow>>({
    {"Session", 0, 0, name_text, Side::left},
    {"Kind", 8, 72, [](const PastSessionRow& row) { return row.kind; }, Side::left},
    {"Began", 12, 0, start_text},
    {"Duration", 13, 0, [](const PastSessionRow& row) { return duration_text(row.duration_seconds); }},
    {"Peers", 7, 0, &PastSessionRow::peers},
    {"Least", 9, 96, &PastSessionRow::least_ms, "milliseconds"},
    {"Latency", 9, 0, &PastSessionRow::average_ms, "milliseconds"},
    {"Most", 9, 96, &PastSessionRow::most_ms, "milliseconds"},
});

}  // namespace

std::string_view sort_name(SessionSort sort) noexcept {
  switch (sort) {
    case SessionSort::state: return "state";
    case SessionSort::factor: return "factor";
    case SessionSort::queue: return "queue";
    case SessionSort::age: return "age";
    default: return "id";
  }
}

std::vector<const SessionRow*> chosen_sessions(const Sessions& sessions, const ViewState& state) {
  return chosen_rows(
      sessions.rows, state, [](const SessionRow& row) { return row.id + " " + row.model; },
      [&](const SessionRow& row) { return sort_value(row, state.session_sort); },
      [](const SessionRow& row) { return std::string_view(row.id); });
}

void draw_session_rows(Canvas& canvas, Area area, const std::vector<const SessionRow*>& rows, int first,
                       int chosen) {
  const int width = canvas.size().width;
  const TableColumns<SessionRow> columns(kColumns, canvas, std::clamp(width / 5, 14, 40),
                                         shown_rows(rows, first, area.height - 1));
  const int at = columns.draw_titles(canvas, area.top);
  if (width - at > kLeastReason) canvas.put(area.top, at + 2, "Why, model", Style::quiet, width - at - 3);
  draw_rows(canvas, {area.top + 1, area.height - 1}, rows, first, chosen,
            [&](int line, const SessionRow* row) { draw_session(canvas, line, columns, *row); });
}

void draw_sessions(Canvas& canvas, Area area, const Scene& scene, ViewState& state) {
  if (const PastSessions* past = value_of(scene, &Answers::past_sessions);
      past != nullptr && !past->empty()) {
    const int live = scene.sessions == nullptr ? 0 : static_cast<int>(scene.sessions->rows.size());
    // Open sessions get up to two thirds.
    const int height = std::clamp(live + 2, 3, area.height * 2 / 3);
    draw_past_sessions(canvas, {area.top + height, area.height - height}, *past);
    area.height = height;
  }
  if (scene.sessions == nullptr || scene.sessions->rows.empty()) {
    draw_nothing(canvas, area,
                 scene.sessions == nullptr
                     ? why_nothing(scene, scene.answers != nullptr && scene.answers->has_sessions_answer,
                                   "/api/sessions/live")
                     : "No session is open.");
    settle_cursor(state, 0, area.height - 1);
    return;
  }
  const auto rows = chosen_sessions(*scene.sessions, state);
  settle_rows(canvas, {area.top + 1, area.height - 1}, rows.size(), state, "session");
  draw_session_rows(canvas, area, rows, state.top, state.cursor);
}

void draw_past_sessions(Canvas& canvas, Area area, const PastSessions& sessions) {
  if (area.height < 3) return;
  const int width = canvas.size().width;
  draw_rule(canvas, area.top, 1, width - 2, "Last sessions between peers");
  const TableColumns<PastSessionRow> columns(kPastColumns, canvas, std::clamp((width - 8) / 4, 13, 40),
                                             shown_rows(sessions, 0, area.height - 2));
  columns.draw_titles(canvas, area.top + 1);
  draw_rows(canvas, {area.top + 2, area.height - 2}, sessions, 0, -1,
            [&](int line, const PastSessionRow& row) {
              const int end = columns.draw_row(canvas, line, row);
              if (row.is_interrupted) {
                canvas.put(line, end + 2, "cut off", Style::quiet, width - end - 3);
              } else if (!row.is_over) {
                canvas.put(line, end + 2, "goes on", Style::good, width - end - 3);
              }
            });
}

}  // namespace kymo::KYMO_ABI::terminal
