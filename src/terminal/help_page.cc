#include <array>

#include "pages.h"
#include "small_charts.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kKeys = {
    {{"Tab, 1 to 5", "the next view: overview, series, sessions, peers, profile"},
     {"up, down, j k", "move in a table; PgUp PgDn by a page, Home End to its ends"},
     {"/", "filter: words that a row must have; Esc clears it"},
     {"s", "sort by the next column; r the other way round"},
     {"p, z", "the profiler: on and off; forget its records"},
     {"space", "pause and resume the screen"},
     {"?, h", "this help; any key leaves it"},
     {"q, Ctrl-C", "quit"},
     {"well", "errors, losses, queues, CPU, memory, files within limits"},
     {"degraded", "a limit is exceeded; unwell: by far"},
     {"p95", "95 of 100 values of the last 10 s were below it"}}};

}  // namespace

void draw_help(Canvas& canvas, Area area) {
  const int width = canvas.size().width;
  draw_rule(canvas, area.top, 1, width - 2, "Keys and words");
  int row = area.top + 1;
  for (const auto& [key, text] : kKeys) {
    if (row >= area.top + area.height) return;
    canvas.put(row, 2, key, Style::strong, 15);
    canvas.put(row, 18, text, Style::plain, width - 19);
    ++row;
  }
}

}  // namespace kymo::KYMO_ABI::terminal
