#include <algorithm>
#include <array>
#include <span>

#include "marks.h"
#include "number_text.h"
#include "pages.h"
#include "table.h"

namespace kymo::terminal {
namespace {

std::string latency_text(double milliseconds) { return amount_text(milliseconds, "milliseconds"); }

/// `11-24 15:58` of `2025-11-24T15:58:00.000Z`, in UTC as the server has it; what is none stays what it is.
std::string start_text(const PastSessionRow& row) {
  const std::string& time = row.start;
  return time.size() >= 16 && time[10] == 'T' ? time.substr(5, 5) + " " + time.substr(11, 5) : time;
}

constexpr std::array kPastColumns = {
    TableColumn<PastSessionRow>{"Began UTC", 12, 0, start_text},
    TableColumn<PastSessionRow>{
        "Duration", 13, 0, [](const PastSessionRow& row) { return duration_text(row.duration_seconds); }},
    TableColumn<PastSessionRow>{"Peers", 7, 0,
                                [](const PastSessionRow& row) { return amount_text(row.peers); }},
    TableColumn<PastSessionRow>{"Least", 9, 96,
                                [](const PastSessionRow& row) { return latency_text(row.least_ms); }},
    TableColumn<PastSessionRow>{"Latency", 9, 0,
                                [](const PastSessionRow& row) { return latency_text(row.average_ms); }},
    TableColumn<PastSessionRow>{"Most", 9, 96,
                                [](const PastSessionRow& row) { return latency_text(row.most_ms); }},
};
constexpr int kKind = 9;
constexpr int kKindScreen = 72;

}  // namespace

void draw_past_sessions(Canvas& canvas, Area area, const PastSessions& sessions) {
  if (area.height < 3) return;
  const int width = canvas.size().width;
  const int name_width = std::clamp((width - 8) / 4, 13, 40);
  const int at = name_width + 2 + (width >= kKindScreen ? kKind : 0);
  draw_rule(canvas, area.top, 1, width - 2, "Last sessions between peers");
  canvas.put(area.top + 1, 1, "Session", Style::quiet);
  if (width >= kKindScreen) canvas.put(area.top + 1, name_width + 2, "Kind", Style::quiet);
  draw_titles<PastSessionRow>(canvas, area.top + 1, at, kPastColumns);
  const std::size_t room = static_cast<std::size_t>(area.height - 2);
  int line = area.top + 2;
  for (const PastSessionRow& row : std::span(sessions).first(std::min(room, sessions.size()))) {
    const std::string& name = row.name.empty() ? row.id : row.name;
    canvas.put(line, 1, name.empty() ? "(no id)" : name, Style::plain, name_width);
    if (width >= kKindScreen) canvas.put(line, name_width + 2, row.kind, Style::plain, kKind - 1);
    const int end = draw_columns<PastSessionRow>(canvas, line, at, kPastColumns, row);
    if (!row.is_over) canvas.put(line, end + 2, "goes on", Style::good, width - end - 3);
    ++line;
  }
}

}  // namespace kymo::terminal
