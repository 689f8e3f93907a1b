#include <algorithm>
#include <array>

#include "number_text.h"
#include "small_charts.h"
#include "table.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

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
