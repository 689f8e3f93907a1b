#include <kymo/terminal/screen.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <kymo/base/ascii.h>

#include "number_text.h"
#include "pages.h"
#include "small_charts.h"
#include "table.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

/// Parts of the server's identity, the most important first.
std::vector<std::string> address_texts(const Scene& scene) {
  std::vector<std::string> texts;
  if (!scene.world.server.empty()) texts.push_back("  " + scene.world.server);
  if (!std::isnan(scene.world.uptime_seconds))
    texts.push_back("  up " + duration_text(scene.world.uptime_seconds));
  if (!scene.world.restarts.empty())
    texts.push_back("  restarted " + clock_text(scene.world.restarts.back()));
  return texts;
}

std::string state_text(const Scene& scene, const ViewState& state) {
  const std::string clock = clock_text(scene.world.last_time());
  if (state.is_paused) return "PAUSED at " + clock;
  switch (scene.link.state) {
    case Link::State::live: return "live  " + clock;
    case Link::State::local: return scene.world.times.empty() ? "measuring" : "measured  " + clock;
    case Link::State::lost: return "DISCONNECTED";
    default: return "connecting";
  }
}

void draw_header(Canvas& canvas, const Scene& scene, const ViewState& state) {
  const int width = canvas.size().width;
  const std::string right = state_text(scene, state) + " ";
  const int right_width = width_of(right, canvas.alphabet());
  const int room = width - right_width - 1;
  const std::string name = scene.link.state == Link::State::local ? "this host itself" : scene.link.address;
  const int used = canvas.put(0, 0, " kymo top  " + name, Style::title, room);
  canvas.put_whole(0, used, address_texts(scene), Style::title, room - used);
  canvas.put_right(0, 0, width, right);
  canvas.paint(0, 0, width, Style::title);
}

std::string count_text(std::string_view title, double count) {
  return std::string(title) + " " + amount_text(count);
}

std::string_view shown_sort(const ViewState& state) noexcept {
  switch (state.page) {
    case Page::series: return sort_name(state.series_sort);
    case Page::sessions: return sort_name(state.session_sort);
    case Page::peers: return sort_name(state.peer_sort);
    case Page::profile: return sort_name(state.profile_sort);
    default: return "";
  }
}

void draw_tabs(Canvas& canvas, const Scene& scene, const ViewState& state) {
  int column = 1;
  const auto tab = [&](Page page, const std::string& title) {
    const bool is_chosen = state.page == page;
    column += canvas.put(1, column, is_chosen ? "[" + title + "]" : " " + title + " ",
                         is_chosen ? Style::strong : Style::quiet);
  };
  tab(Page::overview, "Overview");
  tab(Page::series, count_text("Series", static_cast<double>(scene.world.alive_series())));
  tab(Page::sessions, scene.sessions == nullptr ? "Sessions" : count_text("Sessions", scene.sessions->count));
  const Peers* peers = value_of(scene, &Answers::peers);
  tab(Page::peers, peers == nullptr ? "Peers" : count_text("Peers", static_cast<double>(peers->rows.size())));
  tab(Page::profile, "Profile");
  // The overview shows all, regardless of other pages' filters.
  const bool has_filter = state.page != Page::overview && !state.filter.empty() && !state.is_editing_filter;
  std::string right;
  if (state.page != Page::overview) {
    right = (has_filter ? ", by " : "sorted by ") + std::string(shown_sort(state));
    if (state.is_reversed) right += ", reversed";
  }
  const int room = canvas.size().width - column - 1;
  // Half of it would be meaningless.
  if (width_of(right, canvas.alphabet()) > room) right.clear();
  if (has_filter) right.insert(0, "filter: " + state.filter);
  canvas.put_right(1, column, room, right, Style::quiet);
}

/// A line about a problem with the connection. Returns true if it drew one.
bool draw_banner(Canvas& canvas, int row, const Scene& scene) {
  const Link& link = scene.link;
  const int width = canvas.size().width;
  std::string text;
  if (link.state == Link::State::lost) {
    const double wait = std::ceil(link.retry_at - scene.now);
    text = " Disconnected " + duration_text(scene.now - link.lost_since) + " ago" +
           (wait > 0 ? ", next attempt in " + duration_text(wait) : ", trying now") + ": " + link.reason;
  } else if (!link.complaint.empty()) {
    text = " The server says: " + link.complaint;
  } else if (!link.note.empty()) {
    canvas.put(row, 0, " " + link.note, Style::quiet, width);
    return true;
  } else {
    return false;
  }
  canvas.put(row, 0, text, Style::unwell, width);
  return true;
}

void draw_footer(Canvas& canvas, const ViewState& state) {
  const int row = canvas.size().height - 1;
  const int width = canvas.size().width;
  if (state.is_editing_filter) {
    const int used = canvas.put(row, 0, " Filter: " + state.filter, Style::strong, width - 1);
    canvas.put(row, used, "_", Style::strong);
    canvas.put_right(row, used + 2, width - used - 3, "Enter keeps it, Esc drops it", Style::quiet);
    return;
  }
  static const std::array<std::string, 7> kKeys = {" q quit",  "  Tab view",  "  ? help",     "  / filter",
                                                   "  s sort", "  r reverse", "  space pause"};
  canvas.put_whole(row, 0, kKeys, Style::footer, width);
  canvas.paint(row, 0, width, Style::footer);
}

void draw_too_small(Canvas& canvas) {
  const Size size = canvas.size();
  const auto text = [](Size of) { return std::to_string(of.width) + "x" + std::to_string(of.height); };
  const int row = std::max(0, size.height / 2 - 1);
  canvas.put(row, 0, "kymo top needs at least " + text(kLeastSize), Style::strong, size.width);
  canvas.put(row + 1, 0, "this terminal has " + text(size) + "; q quits", Style::plain, size.width);
}

void draw_page(Canvas& canvas, Area area, const Scene& scene, ViewState& state) {
  switch (state.page) {
    case Page::series: return draw_series(canvas, area, scene, state);
    case Page::sessions: return draw_sessions(canvas, area, scene, state);
    case Page::peers: return draw_peers(canvas, area, scene, state);
    case Page::profile: return draw_profile(canvas, area, scene, state);
    default: return draw_overview(canvas, area, scene);
  }
}

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

Canvas draw_screen(const Scene& scene, ViewState& state, Size size, Alphabet alphabet) {
  Canvas canvas(size, alphabet);
  if (size.width < kLeastSize.width || size.height < kLeastSize.height) {
    draw_too_small(canvas);
    return canvas;
  }
  draw_header(canvas, scene, state);
  draw_tabs(canvas, scene, state);
  const int top = draw_banner(canvas, 2, scene) ? 3 : 2;
  const Area area{top, size.height - 1 - top};
  if (state.is_help) {
    draw_help(canvas, area);
  } else {
    draw_page(canvas, area, scene, state);
  }
  draw_footer(canvas, state);
  return canvas;
}

std::string why_nothing(const Scene& scene, bool has_answered, std::string_view address) {
  if (scene.link.state == Link::State::local)
    return "These figures are of this host; only a server has this page: kymo top --url http://HOST:PORT.";
  if (has_answered) return "This server does not provide this page (it has no " + std::string(address) + ").";
  return scene.link.state == Link::State::live ? "Waiting for the server." : "Unknown without a connection.";
}

void draw_nothing(Canvas& canvas, Area area, std::string_view text) {
  const std::size_t width = static_cast<std::size_t>(std::max(canvas.size().width - 2, 1));
  for (int row = 1; row < area.height && !text.empty(); ++row) {
    std::size_t end = std::min(text.size(), width);
    if (end < text.size()) {
      const std::size_t blank = text.rfind(' ', end);
      if (blank != std::string_view::npos && blank > 0) end = blank;
    }
    canvas.put(area.top + row, 1, text.substr(0, end));
    text.remove_prefix(std::min(text.find_first_not_of(' ', end), text.size()));
  }
}

bool matches_filter(std::string_view text, std::string_view filter) {
  const auto same = [](char a, char b) { return base::to_lower(a) == base::to_lower(b); };
  while (!filter.empty()) {
    const std::size_t end = std::min(filter.find(' '), filter.size());
    const std::string_view word = filter.substr(0, end);
    filter.remove_prefix(std::min(end + 1, filter.size()));
    if (std::search(text.begin(), text.end(), word.begin(), word.end(), same) == text.end() && !word.empty())
      return false;
  }
  return true;
}

void settle_rows(Canvas& canvas, Area area, std::size_t rows, ViewState& state, std::string_view row_name) {
  settle_cursor(state, static_cast<int>(rows), area.height);
  if (rows != 0) return;
  canvas.put(area.top + 1, 1, "No " + std::string(row_name) + " has all of these words: " + state.filter,
             Style::plain, canvas.size().width - 2);
}

void settle_cursor(ViewState& state, int rows, int shown) {
  shown = std::max(shown, 1);
  state.page_rows = shown;
  state.cursor = std::clamp(state.cursor, 0, std::max(rows - 1, 0));
  state.top = std::clamp(state.top, state.cursor - shown + 1, state.cursor);
  state.top = std::clamp(state.top, 0, std::max(rows - shown, 0));
}

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
