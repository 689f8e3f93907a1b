#include <kymo/base/json_writer.h>
#include <kymo/watch/report.h>

namespace kymo::KYMO_ABI::watch {
namespace {

using base::JsonWriter;

std::string_view how_text(End::How how) {
  switch (how) {
    case End::How::exited: return "exited";
    case End::How::signalled: return "signalled";
    case End::How::gone: return "gone";
    case End::How::zombie: return "zombie";
    case End::How::duration: return "duration";
    case End::How::interrupted: return "interrupted";
  }
  return {};
}

void write_end(const End& end, JsonWriter& json) {
  json.begin_object("end");
  json.field("how", how_text(end.how));
  const auto number = static_cast<std::int64_t>(end.number);
  if (end.how == End::How::exited) json.field("exit_code", number);
  if (end.how == End::How::signalled) json.field("signal", number);
  if (end.how == End::How::zombie) json.field("parent", number);
  json.end_object();
}

void write_usage(const std::optional<Usage>& usage, JsonWriter& json) {
  json.key("usage");
  if (!usage) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("user_seconds", usage->user_seconds);
  json.field("system_seconds", usage->system_seconds);
  json.field("peak_rss", usage->peak_resident_bytes);
  json.field("voluntary_switches", usage->voluntary_switches);
  json.field("involuntary_switches", usage->involuntary_switches);
  json.field("minor_faults", usage->minor_faults);
  json.field("major_faults", usage->major_faults);
  json.end_object();
}

void write_growth(const Recording& recording, Metric metric, JsonWriter& json) {
  json.key("growth");
  const auto growth = growth_of(recording, metric);
  if (!growth) {
    json.null();
    return;
  }
  json.begin_object();
  json.field("per_hour", growth->line.slope * 3600);
  json.field("per_hour_low", growth->line.slope_low * 3600);
  json.field("per_hour_high", growth->line.slope_high * 3600);
  json.field("r_squared", growth->line.r_squared);
  json.field("steady", growth->is_steady);
  json.field("unclear", growth->is_unclear);
  json.end_object();
}

void write_metrics(const Recording& recording, JsonWriter& json) {
  json.begin_object("metrics");
  for (const MetricInfo& info : metrics()) {
    const Totals totals = recording.totals(info.metric);
    json.key(info.name);
    if (totals.readings == 0) {
      json.null();
      continue;
    }
    json.begin_object();
    json.field("unit", info.unit);
    json.field("average", totals.average);
    json.field("min", totals.least);
    json.field("max", totals.most);
    json.field("last", totals.last);
    if (info.is_level) write_growth(recording, info.metric, json);
    json.end_object();
  }
  json.end_object();
}

void write_lines(std::string_view name, const std::vector<std::string>& lines, JsonWriter& json) {
  json.begin_array(name);
  for (const std::string& line : lines) json.value(line);
  json.end_array();
}

}  // namespace

std::string json_report(const Watch& watch) {
  std::string out;
  JsonWriter json(out, base::JsonLayout::indented);
  json.begin_object();
  json.field("what", watch.what);
  json.field("pid", watch.pid);
  json.field("command", watch.is_command);
  json.field("tree", watch.is_tree);
  json.field("rate_hz", watch.rate_hz);
  json.field("seconds", watch.recording.duration());
  json.field("readings", static_cast<std::uint64_t>(watch.recording.readings()));
  write_end(watch.end, json);
  write_usage(watch.usage, json);
  json.field("cores", watch.surroundings.cores);
  json.field("limit_cores", watch.surroundings.limit_cores);
  json.field("threads_not_looked_at", watch.surroundings.threads_not_looked_at);
  json.field("zombies", watch.surroundings.zombies);
  write_metrics(watch.recording, json);
  json.objects("issues", watch.findings, [&](const Finding& finding) {
    json.field("issue", name_of(finding.issue));
    json.field("text", finding.text);
    json.field("evidence", finding.evidence);
  });
  write_lines("failed", watch.outcome.met, json);
  write_lines("not_judged", watch.outcome.not_judged, json);
  json.end_object();
  out += '\n';
  return out;
}

}  // namespace kymo::KYMO_ABI::watch
