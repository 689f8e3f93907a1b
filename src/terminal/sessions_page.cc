#include <algorithm>
#include <array>
#include <cmath>

#include "marks.h"
#include "number_text.h"
#include "pages.h"
#include "table.h"

namespace kymo::terminal {
namespace {

std::string ladder_text(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text.empty() ? "-" : text;
}

constexpr std::array kColumns = {
    TableColumn<SessionRow>{"Factor", 7, 0,
                            [](const SessionRow& row) { return factor_text(row.realtime_factor); }},
    TableColumn<SessionRow>{"Ladder", 10, 0, [](const SessionRow& row) { return ladder_text(row.ladder); }},
    TableColumn<SessionRow>{
        "Backlog", 9, 90, [](const SessionRow& row) { return amount_text(row.backlog_seconds, "seconds"); }},
    TableColumn<SessionRow>{"Dropped", 8, 70, [](const SessionRow& row) { return amount_text(row.dropped); }},
    TableColumn<SessionRow>{"Errors", 7, 100, [](const SessionRow& row) { return amount_text(row.errors); }},
    TableColumn<SessionRow>{"Open for", 13, 130,
                            [](const SessionRow& row) { return duration_text(row.age_seconds); }},
};

constexpr int kState = 9;
constexpr int kBar = 6;
constexpr int kQueue = kBar + 7;
/// Columns without which a reason says nothing.
constexpr int kLeastReason = 14;

std::string reasons_text(const SessionRow& row) {
  std::string text;
  for (const std::string& reason : row.reasons) text += (text.empty() ? "" : ", ") + reason;
  return text;
}

double sort_value(const SessionRow& row, SessionSort sort) {
  double value = 0;
  switch (sort) {
    case SessionSort::state: return static_cast<double>(row.level);
    case SessionSort::factor: value = row.realtime_factor; break;
    case SessionSort::queue: value = row.fill; break;
    case SessionSort::age: value = row.age_seconds; break;
    default: return 0;
  }
  return std::isnan(value) ? -1 : value;
}

void draw_row(Canvas& canvas, int line, int id_width, const SessionRow& row) {
  const int width = canvas.size().width;
  canvas.put(line, 1, row.id.empty() ? "(no id)" : row.id, Style::plain, id_width);
  int at = id_width + 2;
  canvas.put(line, at, level_name(row.level), style_of(row.level), kState);
  at += kState;
  draw_bar(canvas, line, at, kBar, row.fill,
           row.fill > 0.95   ? Style::unwell
           : row.fill > 0.85 ? Style::degraded
                             : Style::bar);
  canvas.put_right(line, at + kBar, kQueue - kBar, amount_text(row.fill, "ratio"));
  at += kQueue;
  at = draw_columns<SessionRow>(canvas, line, at, kColumns, row);
  const std::string why = reasons_text(row);
  if (width - at > kLeastReason)
    canvas.put(line, at + 2, why.empty() ? row.model : why, Style::quiet, width - at - 3);
}

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
  std::vector<const SessionRow*> rows;
  for (const SessionRow& row : sessions.rows) {
    if (state.filter.empty() || matches_filter(row.id + " " + row.model, state.filter)) rows.push_back(&row);
  }
  // Those of one rank keep one order, by id: rows that changed places each second could not be read.
  std::sort(rows.begin(), rows.end(), [&](const SessionRow* a, const SessionRow* b) {
    const double x = sort_value(*a, state.session_sort);
    const double y = sort_value(*b, state.session_sort);
    return x != y ? x > y : a->id < b->id;
  });
  if (state.is_reversed) std::reverse(rows.begin(), rows.end());
  return rows;
}

void draw_session_rows(Canvas& canvas, Area area, const std::vector<const SessionRow*>& rows, int first,
                       int chosen) {
  const int width = canvas.size().width;
  const int id_width = std::clamp(width / 5, 14, 40);
  canvas.put(area.top, 1, "Session", Style::quiet);
  int at = id_width + 2;
  canvas.put(area.top, at, "State", Style::quiet);
  canvas.put(area.top, at + kState, "Queue", Style::quiet);
  at += kState + kQueue;
  at = draw_titles<SessionRow>(canvas, area.top, at, kColumns);
  if (width - at > kLeastReason) canvas.put(area.top, at + 2, "Why, model", Style::quiet, width - at - 3);
  for (int i = 0; i + 1 < area.height && first + i < static_cast<int>(rows.size()); ++i) {
    draw_row(canvas, area.top + 1 + i, id_width,
             *rows[static_cast<std::size_t>(first) + static_cast<std::size_t>(i)]);
    if (first + i == chosen) canvas.paint(area.top + 1 + i, 0, width, Style::chosen);
  }
}

void draw_sessions(Canvas& canvas, Area area, const Scene& scene, ViewState& state) {
  const int width = canvas.size().width;
  if (const PastSessions* past = value_of(scene, &Answers::past_sessions);
      past != nullptr && !past->empty()) {
    const int live = scene.sessions == nullptr ? 0 : static_cast<int>(scene.sessions->rows.size());
    // The ones that go on have two thirds where they need them.
    const int height = std::clamp(live + 2, 3, area.height * 2 / 3);
    draw_past_sessions(canvas, {area.top + height, area.height - height}, *past);
    area.height = height;
  }
  if (scene.sessions == nullptr || scene.sessions->rows.empty()) {
    canvas.put(area.top + 1, 1,
               scene.sessions == nullptr ? "This server tells of no sessions (it has no /api/sessions/live)."
                                         : "No session goes on now.",
               Style::plain, width - 2);
    settle_cursor(state, 0, area.height - 1);
    return;
  }
  const auto rows = chosen_sessions(*scene.sessions, state);
  settle_cursor(state, static_cast<int>(rows.size()), area.height - 1);
  if (rows.empty())
    canvas.put(area.top + 2, 1, "No session has all of these words: " + state.filter, Style::plain,
               width - 2);
  draw_session_rows(canvas, area, rows, state.top, state.cursor);
}

}  // namespace kymo::terminal
