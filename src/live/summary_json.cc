#include "summary_json.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include <kymo/base/json_writer.h>
#include <kymo/format/summary.h>
#include <kymo/live/system_history.h>

#include "responses.h"
#include "shown_peers.h"

namespace kymo::KYMO_ABI::live {
namespace {

using base::JsonWriter;

/// The time that the means and extremes of the host are over.
constexpr std::chrono::seconds kSummarized = std::chrono::hours(1);

void write_system(const SystemHistory& history, const Snapshot& snapshot, JsonWriter& json) {
  const SystemHistory::Figures now = SystemHistory::figures_of(snapshot.families);
  const auto is_measured = [](double figure) { return !std::isnan(figure); };
  if (std::ranges::none_of(now, is_measured)) return;
  std::vector<SystemHistory::Point> points = history.last(kSummarized).points;
  // A server that has just started has no past, but it has a present.
  if (points.empty() || points.back().time < snapshot.time) points.push_back({snapshot.time, now});
  json.begin_object("system");
  for (std::size_t i = 0; i < SystemHistory::kFields; ++i) {
    if (!is_measured(now[i])) continue;
    const peers::Aggregate before = aggregate_of(points, i);
    json.begin_object(SystemHistory::field_names()[i]);
    json.field("current", to_hundredths(now[i]));
    json.field("avg", before.average);
    json.field("min", before.min);
    json.field("max", before.max);
    json.end_object();
  }
  json.end_object();
}

void write_peers(const ShownPeers& shown, JsonWriter& json) {
  const std::vector<peers::PeerState> peers = shown.all();
  if (peers.empty()) return;
  json.objects("peers", peers, [&](const peers::PeerState& peer) { write_peer(peer, json); });
  if (const auto score = shown.network().score) json.field("network_quality", *score);
}

}  // namespace

void write_summary(const Snapshot& snapshot, const SummaryParts& parts, std::string& out) {
  JsonWriter json(out, base::JsonLayout::indented);
  json.begin_object();
  format::write_summary_fields(snapshot, json);
  if (parts.history != nullptr) write_system(*parts.history, snapshot, json);
  write_peers(ShownPeers(parts.peers, parts.ids), json);
  json.end_object();
  out += '\n';
}

}  // namespace kymo::KYMO_ABI::live
