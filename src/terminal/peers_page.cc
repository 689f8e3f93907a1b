#include <algorithm>
#include <array>
#include <cmath>

#include "number_text.h"
#include "pages.h"
#include "table.h"

namespace kymo::terminal {
namespace {

std::string milliseconds_text(double value) { return amount_text(value, "milliseconds"); }
std::string byte_rate_text(double value) { return amount_text(value, "bytes/s"); }

constexpr std::array kPeerColumns = {
    TableColumn<PeerRow>{"Latency", 9, 0,
                         [](const PeerRow& row) { return milliseconds_text(row.latency_ms); }},
    TableColumn<PeerRow>{"p95", 9, 110, [](const PeerRow& row) { return milliseconds_text(row.p95_ms); }},
    TableColumn<PeerRow>{"Jitter", 9, 72,
                         [](const PeerRow& row) { return milliseconds_text(row.jitter_ms); }},
    TableColumn<PeerRow>{"Loss", 7, 0,
                         [](const PeerRow& row) { return amount_text(row.loss_percent / 100, "ratio"); }},
    TableColumn<PeerRow>{"Quality", 8, 0,
                         [](const PeerRow& row) { return amount_text(std::round(row.quality)); }},
    TableColumn<PeerRow>{"Trend", 10, 76, [](const PeerRow& row) { return row.trend; }},
    TableColumn<PeerRow>{"Path", 5, 90,
                         [](const PeerRow& row) { return row.grade.empty() ? "-" : row.grade; }},
    TableColumn<PeerRow>{"Voice", 6, 96, [](const PeerRow& row) { return amount_text(row.opinion); }},
    TableColumn<PeerRow>{"Sent", 12, 124, [](const PeerRow& row) { return byte_rate_text(row.sent); }},
    TableColumn<PeerRow>{"Received", 12, 136,
                         [](const PeerRow& row) { return byte_rate_text(row.received); }},
    TableColumn<PeerRow>{"For", 13, 150,
                         [](const PeerRow& row) { return duration_text(row.uptime_seconds); }},
};
constexpr int kStatus = 13;

Level level_of(const PeerRow& row) {
  if (row.status == "connected") return Level::well;
  return row.status == "degraded" ? Level::degraded : Level::unwell;
}

const std::string& shown_name(const PeerRow& row) { return row.name.empty() ? row.id : row.name; }

double sort_value(const PeerRow& row, PeerSort sort) {
  switch (sort) {
    case PeerSort::state: return static_cast<double>(level_of(row));
    case PeerSort::latency: return std::isnan(row.latency_ms) ? -1 : row.latency_ms;
    case PeerSort::loss: return std::isnan(row.loss_percent) ? -1 : row.loss_percent;
    // The worst first, as in all others; one without a score behind all.
    case PeerSort::quality: return std::isnan(row.quality) ? -1000 : -row.quality;
    default: return 0;
  }
}

/// `Network 83 B: 5 connected, 1 degraded, 1 disconnected`.
std::string network_text(const Peers& peers) {
  const auto count = [&](Level level) {
    const auto is_such = [&](const PeerRow& row) { return level_of(row) == level; };
    return std::to_string(std::count_if(peers.rows.begin(), peers.rows.end(), is_such));
  };
  std::string text = "Network " + amount_text(std::round(peers.score));
  if (!peers.grade.empty()) text += " " + peers.grade;
  return text + ": " + count(Level::well) + " connected, " + count(Level::degraded) + " degraded, " +
         count(Level::unwell) + " disconnected";
}

void draw_peer(Canvas& canvas, int line, int name_width, const PeerRow& row) {
  const std::string& name = shown_name(row);
  canvas.put(line, 1, name.empty() ? "(no id)" : name, Style::plain, name_width);
  canvas.put(line, name_width + 2, row.status, style_of(level_of(row)), kStatus - 1);
  draw_columns<PeerRow>(canvas, line, name_width + 2 + kStatus, kPeerColumns, row);
}

}  // namespace

std::string_view sort_name(PeerSort sort) noexcept {
  switch (sort) {
    case PeerSort::state: return "status";
    case PeerSort::latency: return "latency";
    case PeerSort::loss: return "loss";
    case PeerSort::quality: return "quality";
    default: return "name";
  }
}

std::vector<const PeerRow*> chosen_peers(const Peers& peers, const ViewState& state) {
  std::vector<const PeerRow*> rows;
  for (const PeerRow& row : peers.rows) {
    if (matches_filter(row.name + " " + row.id + " " + row.status, state.filter)) rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(), [&](const PeerRow* a, const PeerRow* b) {
    const double x = sort_value(*a, state.peer_sort);
    const double y = sort_value(*b, state.peer_sort);
    if (x != y) return x > y;
    return shown_name(*a) != shown_name(*b) ? shown_name(*a) < shown_name(*b) : a->id < b->id;
  });
  if (state.is_reversed) std::reverse(rows.begin(), rows.end());
  return rows;
}

void draw_peers(Canvas& canvas, Area area, const Scene& scene, ViewState& state) {
  const int width = canvas.size().width;
  const Peers* peers = value_of(scene, &Answers::peers);
  if (peers == nullptr || peers->rows.empty()) {
    draw_nothing(canvas, area,
                 peers == nullptr ? why_nothing(scene, &Answers::peers, "/api/metrics/peers")
                                  : "No peers. A program has them that adds them to a PeerTable and "
                                    "gives that to its Monitor.");
    settle_cursor(state, 0, 1);
    return;
  }
  canvas.put(area.top, 1, network_text(*peers), Style::plain, width - 2);
  const int name_width = std::clamp(width / 4, 14, 40);
  canvas.put(area.top + 1, 1, "Peer", Style::quiet);
  canvas.put(area.top + 1, name_width + 2, "Status", Style::quiet);
  draw_titles<PeerRow>(canvas, area.top + 1, name_width + 2 + kStatus, kPeerColumns);
  const auto rows = chosen_peers(*peers, state);
  settle_cursor(state, static_cast<int>(rows.size()), area.height - 2);
  if (rows.empty())
    canvas.put(area.top + 3, 1, "No peer has all of these words: " + state.filter, Style::plain, width - 2);
  for (int i = 0; i + 2 < area.height && state.top + i < static_cast<int>(rows.size()); ++i) {
    const int line = area.top + 2 + i;
    draw_peer(canvas, line, name_width,
              *rows[static_cast<std::size_t>(state.top) + static_cast<std::size_t>(i)]);
    if (state.top + i == state.cursor) canvas.paint(line, 0, width, Style::chosen);
  }
}

}  // namespace kymo::terminal
