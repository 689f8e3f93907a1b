// The JSON of `/api/v1/rules` and `/api/v1/alerts`. Source: Prometheus 3.14, "HTTP API".

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>

#include <kymo/format/iso_time.h>
#include <kymo/query/result_json.h>

#include "rules.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

using base::JsonWriter;

/// Go's zero time.
constexpr std::string_view kNoTime = "0001-01-01T00:00:00Z";

void write_moment(std::string_view name, std::int64_t time_ms, JsonWriter& json) {
  if (time_ms == alert::kNever) return json.field(name, kNoTime);
  const std::chrono::system_clock::time_point time{std::chrono::milliseconds(time_ms)};
  json.field(name, std::string_view(format::iso_time(time)));
}

void write_seconds(std::string_view name, std::chrono::nanoseconds time, JsonWriter& json) {
  json.field(name, std::chrono::duration<double>(time).count());
}

void write_pairs(std::string_view name, const alert::TextPairs& pairs, JsonWriter& json) {
  json.begin_object(name);
  for (const auto& [key, value] : pairs) json.field(key, std::string_view(value));
  json.end_object();
}

void write_labels(const series::LabelSet& labels, JsonWriter& json) {
  json.key("labels");
  query::write_labels(labels, json);
}

/// As Go writes it: 1e+00.
void write_value(double value, JsonWriter& json) {
  std::array<char, 40> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr;
  const std::string_view finite(text.data(), static_cast<std::size_t>(end - text.data()));
  std::string_view shown = finite;
  if (value != value) shown = "NaN";
  if (value > 0 && finite == "inf") shown = "+Inf";
  if (value < 0 && finite == "-inf") shown = "-Inf";
  json.field("value", shown);
}

void write_alert(const alert::Alert& alert, JsonWriter& json) {
  json.begin_object();
  write_labels(alert.labels, json);
  write_pairs("annotations", alert.annotations, json);
  json.field("state", alert::state_text(alert.state));
  write_moment("activeAt", alert.active_ms, json);
  if (alert.keep_firing_since_ms != alert::kNever)
    write_moment("keepFiringSince", alert.keep_firing_since_ms, json);
  write_value(alert.value, json);
  json.end_object();
}

std::string_view state_of_rule(const alert::RuleStatus& rule) {
  if (rule.evaluated_ms == alert::kNever) return "unknown";
  alert::AlertState most = alert::AlertState::inactive;
  for (const alert::Alert& alert : rule.alerts) most = std::max(most, alert.state);
  return alert::state_text(most);
}

std::string_view health_of(alert::RuleHealth health) {
  switch (health) {
    case alert::RuleHealth::unknown: return "unknown";
    case alert::RuleHealth::ok: return "ok";
    case alert::RuleHealth::bad: return "err";
  }
  return "unknown";
}

void write_rule(const alert::RuleStatus& rule, bool with_alerts, JsonWriter& json) {
  const bool is_alerting = rule.kind == alert::RuleKind::alerting;
  json.begin_object();
  if (is_alerting) json.field("state", state_of_rule(rule));
  json.field("name", std::string_view(rule.name));
  json.field("query", std::string_view(rule.query));
  if (is_alerting) {
    write_seconds("duration", std::chrono::milliseconds(rule.for_ms), json);
    write_seconds("keepFiringFor", std::chrono::milliseconds(rule.keep_firing_ms), json);
  }
  write_labels(rule.labels, json);
  if (is_alerting) {
    write_pairs("annotations", rule.annotations, json);
    json.begin_array("alerts");
    for (std::size_t i = 0; with_alerts && i < rule.alerts.size(); ++i) write_alert(rule.alerts[i], json);
    json.end_array();
  }
  json.field("health", health_of(rule.health));
  if (!rule.error.empty()) json.field("lastError", std::string_view(rule.error));
  write_seconds("evaluationTime", rule.duration, json);
  write_moment("lastEvaluation", rule.evaluated_ms, json);
  json.field("type", std::string_view(is_alerting ? "alerting" : "recording"));
  json.end_object();
}

bool is_among(const std::vector<std::string>& wanted, const std::string& name) {
  return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
}

bool is_wanted(const alert::RuleStatus& rule, const live::RuleFilter& filter) {
  const bool is_of_kind = rule.kind == alert::RuleKind::alerting ? filter.alerting : filter.recording;
  const auto fits = [&](const auto& matchers) { return series::fits(rule.labels, matchers); };
  return is_of_kind && is_among(filter.names, rule.name) &&
         (filter.matchers.empty() || std::ranges::any_of(filter.matchers, fits));
}

}  // namespace

void Rules::write_groups(const live::RuleFilter& filter, JsonWriter& json) const {
  const bool is_filtered =
      !filter.alerting || !filter.recording || !filter.names.empty() || !filter.matchers.empty();
  json.begin_object();
  json.begin_array("groups");
  for (const alert::GroupStatus& group :
       evaluator_ ? evaluator_->groups() : std::vector<alert::GroupStatus>()) {
    if (!is_among(filter.groups, group.name) || !is_among(filter.files, group.file)) continue;
    const auto wanted = [&](const alert::RuleStatus& rule) { return is_wanted(rule, filter); };
    if (is_filtered && std::ranges::none_of(group.rules, wanted)) continue;
    json.begin_object();
    json.field("name", std::string_view(group.name));
    json.field("file", std::string_view(group.file));
    json.begin_array("rules");
    for (const alert::RuleStatus& rule : group.rules) {
      if (wanted(rule)) write_rule(rule, !filter.without_alerts, json);
    }
    json.end_array();
    write_seconds("interval", std::chrono::milliseconds(group.interval_ms), json);
    json.field("limit", static_cast<std::uint64_t>(group.limit));
    write_seconds("evaluationTime", group.duration, json);
    write_moment("lastEvaluation", group.evaluated_ms, json);
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void Rules::write_alerts(JsonWriter& json) const {
  json.begin_object();
  json.begin_array("alerts");
  if (evaluator_) {
    for (const alert::GroupStatus& group : evaluator_->groups()) {
      for (const alert::RuleStatus& rule : group.rules) {
        for (const alert::Alert& alert : rule.alerts) write_alert(alert, json);
      }
    }
  }
  json.end_array();
  json.end_object();
}

}  // namespace kymo::KYMO_ABI::monitor
