#include <kymo/terminal/reports.h>

#include <array>
#include <cmath>

#include <kymo/base/json_writer.h>

#include "pages.h"
#include "tiles.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

using base::JsonWriter;

void number(JsonWriter& json, std::string_view name, double value) {
  if (std::isnan(value)) return;
  if (std::isinf(value)) return json.field(name, std::string_view(value > 0 ? "inf" : "-inf"));
  json.field(name, value);
}

void text(JsonWriter& json, std::string_view name, std::string_view value) {
  if (!value.empty()) json.field(name, value);
}

void write_server(const Scene& scene, JsonWriter& json) {
  json.begin_object("server");
  if (scene.link.state != Link::State::local) json.field("address", std::string_view(scene.link.address));
  text(json, "version", scene.world.server);
  number(json, "uptime_seconds", scene.world.uptime_seconds);
  text(json, "note", scene.link.note);
  json.end_object();
}

void write_verdict(const Verdict& verdict, JsonWriter& json) {
  json.begin_object("verdict");
  json.field("level", level_name(verdict.level));
  json.objects("reasons", verdict.reasons, [&](const Reason& reason) {
    json.field("level", level_name(reason.level));
    json.field("text", std::string_view(reason.text));
  });
  json.end_object();
}

void write_figures(const World& world, const Roles& roles, JsonWriter& json) {
  json.objects("figures", tiles_of(world, roles, 1), [&](const Tile& tile) {
    json.field("title", std::string_view(tile.title));
    number(json, "value", tile.value);
    if (tile.both) {
      number(json, "in", tile.both->first);
      number(json, "out", tile.both->second);
    }
    number(json, "limit", tile.limit);
    text(json, "unit", tile.unit);
  });
}

void write_series(const World& world, const Family& family, const Series& series, JsonWriter& json) {
  const View view = now_view(family);
  json.begin_object();
  json.field("name", std::string_view(family.name));
  json.begin_object("labels");
  for (const auto& [key, value] : series.labels) json.field(key, std::string_view(value));
  json.end_object();
  json.field("kind", kind_name(family.kind));
  text(json, "unit", family.unit);
  number(json, view == View::p95 ? "p95" : "value", latest_of(world, family, {&series}, view));
  if (family.kind != Kind::window)
    number(json, "per_second", latest_of(world, family, {&series}, View::rate));
  json.end_object();
}

void write_host(const World& world, JsonWriter& json) {
  json.begin_array("host");
  for (const char* name : {"kymo_system_cpu_core_ratio", "kymo_system_memory_used_ratio", "node_load1",
                           "node_load5", "node_load15", "kymo_system_pressure_ratio"}) {
    const Family* family = world.find(name);
    if (family == nullptr) continue;
    for (const auto& [key, series] : family->series) {
      if (series.is_alive) write_series(world, *family, series, json);
    }
  }
  json.end_array();
}

void write_timings(const World& world, JsonWriter& json) {
  static constexpr std::array kQuantiles = {0.5, 0.95, 0.99};
  json.begin_array("timings");
  for (const auto& [name, family] : world.families) {
    if (family.kind != Kind::histogram || (family.unit != "seconds" && family.unit != "milliseconds"))
      continue;
    const SeriesList series = summands(family);
    const auto found = quantiles(world, series, kQuantiles, world.times.size() - 1);
    json.begin_object();
    json.field("name", std::string_view(name));
    json.field("unit", std::string_view(family.unit));
    number(json, "per_second", latest_of(world, family, series, View::rate));
    number(json, "p50", found[0]);
    number(json, "p95", found[1]);
    number(json, "p99", found[2]);
    json.end_object();
  }
  json.end_array();
}

void write_sessions(const Sessions& sessions, const ViewState& state, JsonWriter& json) {
  json.begin_object("sessions");
  number(json, "count", sessions.count);
  json.objects("rows", chosen_sessions(sessions, state), [&](const SessionRow* row) {
    json.field("session_id", std::string_view(row->id));
    json.field("level", level_name(row->level));
    number(json, "queue_fill_ratio", row->fill);
    number(json, "backlog_seconds", row->backlog_seconds);
    number(json, "realtime_factor", row->realtime_factor);
    text(json, "ladder", row->ladder);
    json.field("idle", row->idle);
    number(json, "dropped_total", row->dropped);
    number(json, "errors", row->errors);
    json.begin_array("reasons");
    for (const std::string& reason : row->reasons) json.value(std::string_view(reason));
    json.end_array();
  });
  json.end_object();
}

void write_peers(const Peers& peers, JsonWriter& json) {
  json.begin_object("network");
  number(json, "score", peers.score);
  text(json, "grade", peers.grade);
  json.end_object();
  ViewState by_name;
  by_name.peer_sort = PeerSort::name;
  json.objects("peers", chosen_peers(peers, by_name), [&](const PeerRow* row) {
    json.field("peer_id", std::string_view(row->id));
    text(json, "peer_name", row->name);
    text(json, "status", row->status);
    number(json, "latency_seconds", row->latency_ms / 1000);
    number(json, "jitter_seconds", row->jitter_ms / 1000);
    number(json, "loss_ratio", row->loss_percent / 100);
    number(json, "quality_score", row->quality);
    text(json, "quality_trend", row->trend);
    text(json, "quality_reason", row->reason);
  });
}

}  // namespace

std::string json_report(const Scene& scene, const ViewState& state) {
  World world = scene.world;
  world.covered_seconds = world.known_seconds();
  const Roles roles = roles_of(world);
  std::string out;
  JsonWriter json(out, base::JsonLayout::indented);
  json.begin_object();
  number(json, "time", world.last_time());
  if (!world.times.empty()) number(json, "looked_seconds", world.known_seconds());
  write_server(scene, json);
  write_verdict(judge(world, roles, scene.sessions), json);
  write_figures(world, roles, json);
  write_host(world, json);
  write_timings(world, json);
  if (scene.sessions != nullptr) write_sessions(*scene.sessions, state, json);
  const Peers* peers = value_of(scene, &Answers::peers);
  if (peers != nullptr && !peers->rows.empty()) write_peers(*peers, json);
  if (!state.filter.empty()) {
    json.begin_array("series");
    for (const SeriesRow& row : chosen_series(world, state))
      write_series(world, *row.family, *row.series, json);
    json.end_array();
  }
  json.end_object();
  return out + '\n';
}

}  // namespace kymo::KYMO_ABI::terminal
