#include <kymo/terminal/sessions.h>

#include <algorithm>
#include <variant>

#include <kymo/base/ascii.h>

#include "json_fields.h"
#include "number_text.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

/// Limits of docs/reference/stream.md for a buffering queue, an overloaded queue, and a slow server.
void judge(SessionRow& row) {
  const auto say = [&row](Level level, std::string why) {
    row.level = std::max(row.level, level);
    row.reasons.push_back(std::move(why));
  };
  if (row.fill > 0.95) say(Level::unwell, "queue full");
  if (row.realtime_factor >= 1) say(Level::unwell, "slower than real time");
  if (row.ladder == "EMERGENCY" || row.ladder == "FAILOVER") say(Level::unwell, base::lower(row.ladder));
  if (row.fill > 0.85 && row.fill <= 0.95) say(Level::degraded, "queue nearly full");
  if (row.realtime_factor >= 0.8 && row.realtime_factor < 1) say(Level::degraded, "close to real time");
  if (row.ladder == "WARNING" || row.ladder == "DEGRADE") say(Level::degraded, base::lower(row.ladder));
  if (row.dropped_recent > 0) say(Level::degraded, amount_text(row.dropped_recent) + " dropped in 10 s");
}

SessionRow row_of(const JsonValue::Object& fields) {
  SessionRow row;
  row.id = text_field(fields, "session_id");
  row.model = text_field(fields, "provider");
  if (const std::string model = text_field(fields, "model_id"); !model.empty())
    row.model += (row.model.empty() ? "" : " ") + model;
  row.ladder = text_field(fields, "level");
  row.idle = flag_field(fields, "idle");
  row.age_seconds = number_field(fields, "age_seconds");
  row.sources = number_field(fields, "sources");
  row.fill = number_field(fields, "queue_fill_ratio");
  row.backlog_seconds = number_field(fields, "backlog_seconds");
  row.realtime_factor = number_field(fields, "realtime_factor");
  row.inference_ms = number_field(fields, "inference_ms_mean");
  row.dropped = number_field(fields, "dropped_total");
  row.dropped_recent = number_field(fields, "dropped_recent");
  row.errors = number_field(fields, "errors");
  judge(row);
  return row;
}

}  // namespace

std::string_view level_name(Level level) noexcept {
  switch (level) {
    case Level::well: return "well";
    case Level::degraded: return "degraded";
    default: return "unwell";
  }
}

std::optional<Sessions> parse_sessions(std::string_view answer) {
  const auto fields = parse_object(answer);
  const auto* top = fields ? base::find_as<JsonValue::Array>(*fields, "top") : nullptr;
  if (top == nullptr) return std::nullopt;
  Sessions sessions;
  for (const JsonValue& entry : *top) {
    if (const auto* row = std::get_if<JsonValue::Object>(&entry.held)) sessions.rows.push_back(row_of(*row));
  }
  const double count = number_field(*fields, "sessions");
  sessions.count = count >= 0 ? count : static_cast<double>(sessions.rows.size());
  return sessions;
}

}  // namespace kymo::KYMO_ABI::terminal
