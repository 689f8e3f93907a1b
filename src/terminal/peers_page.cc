#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <tuple>

#include "number_text.h"
#include "table.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

Level level_of(const PeerRow& row) {
  if (row.status == "connected") return Level::well;
  return row.status == "degraded" ? Level::degraded : Level::unwell;
}

const std::string& shown_name(const PeerRow& row) { return row.name.empty() ? row.id : row.name; }

/// A mean opinion score, 1 to 5, always with two decimals.
std::string opinion_text(double opinion) {
  if (std::isnan(opinion)) return "-";
  std::array<char, 32> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.2f", opinion);
  return {text.data(), static_cast<std::size_t>(std::clamp(size, 0, 31))};
}

constexpr auto kPeerColumns = std::to_array<TableColumn<PeerRow>>({
    {"Peer", 0, 0, [](const PeerRow& row) { return shown_name(row).empty() ? "(no id)" : shown_name(row); },
     Side::left},
    {"Status", 12, 0, [](const PeerRow& row) { return row.status; }, Side::left,
     [](const PeerRow& row) { return style_of(level_of(row)); }},
    {"Latency", 9, 0, &PeerRow::latency_ms, "milliseconds"},
    {"p95", 9, 110, &PeerRow::p95_ms, "milliseconds"},
    {"Jitter", 9, 72, &PeerRow::jitter_ms, "milliseconds"},
    {"Loss", 7, 0, [](const PeerRow& row) { return amount_text(row.loss_percent / 100, "ratio"); }},
    {"Quality", 8, 0, [](const PeerRow& row) { return score_text(row.quality); }},
    {"Trend", 10, 76, [](const PeerRow& row) { return row.trend; }},
    {"Path", 5, 90, [](const PeerRow& row) { return row.grade.empty() ? "-" : row.grade; }},
    {"Voice", 6, 96, [](const PeerRow& row) { return opinion_text(row.opinion); }},
    {"Sent", 12, 124, &PeerRow::sent, "bytes/s"},
    {"Received", 12, 136, &PeerRow::received, "bytes/s"},
    {"For", 13, 150, [](const PeerRow& row) { return duration_text(row.uptime_seconds); }},
});
double sort_value(const PeerRow& row, PeerSort sort) {
  switch (sort) {
    case PeerSort::state: return static_cast<double>(level_of(row));
    case PeerSort::latency: return row.latency_ms;
    case PeerSort::loss: return row.loss_percent;
    case PeerSort::quality: return -row.quality;  // the worst first, like the others
    default: return 0;
  }
}

/// `Network 83 B: 5 connected, 1 degraded, 1 disconnected`.
std::string network_text(const Peers& peers) {
  const auto count = [&](Level level) {
    const auto is_such = [&](const PeerRow& row) { return level_of(row) == level; };
    return std::to_string(std::count_if(peers.rows.begin(), peers.rows.end(), is_such));
  };
  std::string text = "Network " + score_text(peers.score);
  if (!peers.grade.empty()) text += " " + peers.grade;
  return text + ": " + count(Level::well) + " connected, " + count(Level::degraded) + " degraded, " +
         count(Level::unwell) + " disconnected";
}

/// The reason for the quality of the row under the cursor, which is too long for a column.
void draw_reason(Canvas& canvas, int line, const std::vector<const PeerRow*>& rows, int cursor) {
  if (cursor < 0 || cursor >= static_cast<int>(rows.size())) return;
  const PeerRow& row = *rows[static_cast<std::size_t>(cursor)];
  if (row.reason.empty()) return;
  canvas.put(line, 1, shown_name(row) + ": " + row.reason, Style::quiet, canvas.size().width - 2);
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
  return chosen_rows(
      peers.rows, state, [](const PeerRow& row) { return row.name + " " + row.id + " " + row.status; },
      [&](const PeerRow& row) { return sort_value(row, state.peer_sort); },
      [](const PeerRow& row) { return std::tie(shown_name(row), row.id); });
}

void draw_peers(Canvas& canvas, Area area, const Scene& scene, ViewState& state) {
  const int width = canvas.size().width;
  const Peers* peers = value_of(scene, &Answers::peers);
  if (peers == nullptr || peers->rows.empty()) {
    draw_nothing(canvas, area,
                 peers == nullptr
                     ? why_nothing(scene, &Answers::peers, "/api/metrics/peers")
                     : "No peers. To have peers, add them to a PeerTable and give it to the Monitor.");
    settle_cursor(state, 0, 1);
    return;
  }
  canvas.put(area.top, 1, network_text(*peers), Style::plain, width - 2);
  const auto chosen = chosen_peers(*peers, state);
  const Area below{area.top + 2, area.height - 3};
  settle_rows(canvas, below, chosen.size(), state, "peer");
  const TableColumns<PeerRow> columns(kPeerColumns, canvas, std::clamp(width / 4, 14, 40),
                                      shown_rows(chosen, state.top, below.height));
  columns.draw_titles(canvas, area.top + 1);
  draw_rows(canvas, below, chosen, state.top, state.cursor,
            [&](int line, const PeerRow* row) { columns.draw_row(canvas, line, *row); });
  draw_reason(canvas, area.top + area.height - 1, chosen, state.cursor);
}

}  // namespace kymo::KYMO_ABI::terminal
