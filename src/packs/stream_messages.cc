#include <kymo/packs/stream_messages.h>

#include <algorithm>
#include <cstddef>

#include "stream_json.h"

namespace kymo::KYMO_ABI::packs {
namespace {

using base::JsonWriter;

bool is_lower_hex(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_all_zero(std::string_view text) noexcept {
  return text.find_first_not_of('0') == std::string_view::npos;
}

void write_head(std::string_view type, const SessionIds& ids, std::chrono::system_clock::time_point time,
                const std::string* source, JsonWriter& json) {
  json.field("type", type);
  json.field("timestamp", unix_seconds(time));
  write_session(ids, json);
  if (source != nullptr) json.field("source", std::string_view(*source));
  write_model(ids, json);
  if (is_traceparent(ids.traceparent)) json.field("traceparent", std::string_view(ids.traceparent));
}

void write_queue(const SourceFigures& figures, JsonWriter& json) {
  json.field("queue_depth", figures.queue_depth);
  json.field("queue_max", figures.queue_max);
  json.field("queue_bytes", figures.queue_bytes);
  json.field("queue_fill_ratio", six_decimals(figures.fill_ratio()));
  json.field("backlog_seconds", six_decimals(figures.backlog_seconds));
}

void write_degrade(const DegradeStatus& status, JsonWriter& json) {
  json.begin_object("degrade");
  json.field("level", name_of(status.level));
  json.field("seconds_at_level", six_decimals(status.seconds_at_level));
  json.field("provider_crashes", status.provider_crashes);
  json.begin_array("actions");
  for (const std::string& action : status.actions) json.value(std::string_view(action));
  json.end_array();
  json.begin_array("causes");
  for (const std::string& cause : status.causes) json.value(std::string_view(cause));
  json.end_array();
  json.end_object();
}

}  // namespace

bool is_traceparent(std::string_view text) noexcept {
  constexpr std::size_t kLength = 55;
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(parent) ||
      !is_lower_hex(text.substr(53, 2)) || version == "ff" || is_all_zero(trace) || is_all_zero(parent)) {
    return false;
  }
  // Later versions may add fields behind another dash.
  return text.size() == kLength || (version != "00" && text[kLength] == '-');
}

std::string_view trace_id(std::string_view traceparent) noexcept {
  return is_traceparent(traceparent) ? traceparent.substr(3, 32) : std::string_view();
}

std::string to_json(const MetricsMessage& message) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_head("metrics", message.ids, message.time, &message.source, json);
  write_queue(message.figures, json);
  write_progress(message.figures, json);
  json.field("idle", message.figures.idle);
  if (message.degrade) write_degrade(*message.degrade, json);
  json.end_object();
  return out;
}

std::string to_json(const StatusMessage& message) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_head("status", message.ids, message.time, &message.source, json);
  json.field("state", std::string_view(message.state == QueueState::overloaded ? "overloaded" : "buffering"));
  json.field("queue_fill_ratio", six_decimals(message.fill_ratio));
  json.end_object();
  return out;
}

std::string to_json(const EndMessage& message) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_head("end", message.ids, message.time, nullptr, json);
  json.field("age_seconds", six_decimals(message.age_seconds));
  json.end_object();
  return out;
}

std::string to_json(const StreamMessage& message) {
  return std::visit([](const auto& held) { return to_json(held); }, message);
}

}  // namespace kymo::KYMO_ABI::packs
