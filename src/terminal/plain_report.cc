#include <kymo/terminal/reports.h>

#include <array>
#include <cmath>

#include "number_text.h"
#include "pages.h"
#include "tiles.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

class Report final {
 public:
  explicit Report(Alphabet alphabet) : alphabet_(alphabet) {}

  void line(std::initializer_list<std::string_view> fields) {
    bool is_first = true;
    for (const std::string_view field : fields) {
      if (!is_first) text += '\t';
      is_first = false;
      for (const Cell& cell : cells_of(field, alphabet_)) {
        for (const char32_t character : cell.text) {
          if (character != 0) append_utf8(character, text);
        }
      }
    }
    text += '\n';
  }

  std::string text;

 private:
  Alphabet alphabet_;
};

void report_host(const World& world, Report& report) {
  if (const Family* cores = world.find("kymo_system_cpu_core_ratio")) {
    for (const auto& [key, series] : cores->series) {
      if (series.is_alive) report.line({"core", series.label_text, amount_text(series.last(), "ratio")});
    }
  }
  for (const char* name : {"kymo_system_memory_used_ratio", "node_load1", "node_load5", "node_load15"}) {
    const Family* family = world.find(name);
    if (family != nullptr)
      report.line(
          {"host", name, amount_text(latest_of(world, *family, summands(*family), View::raw), family->unit)});
  }
  if (const Family* pressure = world.find("kymo_system_pressure_ratio")) {
    for (const auto& [key, series] : pressure->series)
      report.line({"host", pressure->name + " " + series.label_text, amount_text(series.last(), "ratio")});
  }
}

void report_timings(const World& world, Report& report) {
  static constexpr std::array kQuantiles = {0.5, 0.95, 0.99};
  for (const auto& [name, family] : world.families) {
    if (family.kind != Kind::histogram || (family.unit != "seconds" && family.unit != "milliseconds"))
      continue;
    const SeriesList series = summands(family);
    const auto found = quantiles(world, series, kQuantiles, world.times.size() - 1);
    report.line({"timing", name, amount_text(latest_of(world, family, series, View::rate), "/s"),
                 "p50 " + amount_text(found[0], family.unit), "p95 " + amount_text(found[1], family.unit),
                 "p99 " + amount_text(found[2], family.unit)});
  }
}

/// Sorted by name, so that scripts can rely on the order.
void report_answers(const Scene& scene, Report& report) {
  const Peers* peers = value_of(scene, &Answers::peers);
  if (peers == nullptr || peers->rows.empty()) return;
  report.line({"network", score_text(peers->score), peers->grade});
  ViewState by_name;
  by_name.peer_sort = PeerSort::name;
  for (const PeerRow* row : chosen_peers(*peers, by_name)) {
    report.line({"peer", row->id, row->name, row->status,
                 "latency " + amount_text(row->latency_ms, "milliseconds"),
                 "jitter " + amount_text(row->jitter_ms, "milliseconds"),
                 "loss " + amount_text(row->loss_percent / 100, "ratio"),
                 "quality " + score_text(row->quality), row->trend, row->reason});
  }
}

}  // namespace

std::string plain_report(const Scene& scene, const ViewState& state, Alphabet alphabet) {
  Report report(alphabet);
  World world = scene.world;
  world.covered_seconds = world.known_seconds();
  const Roles roles = roles_of(world);
  report.line({"server", scene.link.state == Link::State::local ? "this host itself" : scene.link.address,
               world.server, "up " + duration_text(world.uptime_seconds)});
  if (!scene.link.note.empty()) report.line({"note", scene.link.note});
  const Verdict verdict = judge(world, roles, scene.sessions);
  report.line({"verdict", level_name(verdict.level)});
  for (const Reason& reason : verdict.reasons) report.line({"reason", level_name(reason.level), reason.text});
  for (const Tile& tile : tiles_of(world, roles, 1))
    report.line({"figure", tile.title, tile.figure, tile.limit_text});
  report_host(world, report);
  report_timings(world, report);
  if (scene.sessions != nullptr) {
    report.line({"sessions", amount_text(scene.sessions->count)});
    for (const SessionRow* row : chosen_sessions(*scene.sessions, state)) {
      std::string why;
      for (const std::string& reason : row->reasons) why += (why.empty() ? "" : ", ") + reason;
      report.line({"session", row->id, level_name(row->level), "queue " + cut_ratio_text(row->fill),
                   "factor " + factor_text(row->realtime_factor), row->ladder, why});
    }
  }
  report_answers(scene, report);
  if (state.filter.empty()) return report.text;
  for (const SeriesRow& row : chosen_series(world, state)) {
    const View view = now_view(*row.family);
    report.line({"series", row.family->name, row.series->label_text,
                 amount_text(latest_of(world, *row.family, {row.series}, view), unit_of(*row.family, view)),
                 amount_text(latest_of(world, *row.family, {row.series}, View::rate),
                             unit_of(*row.family, View::rate))});
  }
  return report.text;
}

}  // namespace kymo::KYMO_ABI::terminal
