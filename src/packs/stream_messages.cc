#include <kymo/packs/stream_messages.h>

#include <algorithm>
#include <cstddef>

#include "json_text.h"

namespace kymo::packs {
namespace {

bool is_lower_hex(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_all_zero(std::string_view text) noexcept {
  return text.find_first_not_of('0') == std::string_view::npos;
}

void add_head(std::string_view type, const auto& message, JsonText& json) {
  json.add("type", type);
  json.add("timestamp", unix_seconds(message.time));
  json.add("session_id", message.ids.session_id);
  json.add("attempt_id", message.ids.attempt_id);
  json.add("connection_id", message.ids.connection_id);
  json.add("source", message.source);
  json.add("provider", message.ids.provider);
  json.add("model_id", message.ids.model_id);
  json.add("vad_enabled", message.ids.vad_enabled);
  if (is_traceparent(message.ids.traceparent)) json.add("traceparent", message.ids.traceparent);
}

void add_figures(const SourceFigures& figures, JsonText& json) {
  json.add("queue_depth", figures.queue_depth);
  json.add("queue_max", figures.queue_max);
  json.add("queue_bytes", figures.queue_bytes);
  json.add("queue_fill_ratio", figures.fill_ratio());
  json.add("backlog_seconds", figures.backlog_seconds);
  json.add("dropped_total", figures.dropped_total);
  json.add("dropped_recent", figures.dropped_recent);
  json.add("bytes_received", figures.bytes_received);
  json.add("chunks_processed", figures.chunks_processed);
  json.add("errors", figures.errors);
  json.add("inference_ms_mean", figures.inference_ms_mean);
  json.add("realtime_factor", figures.realtime_factor);
}

void add_degrade(const DegradeStatus& status, JsonText& json) {
  json.open('{', "degrade");
  json.add("level", name_of(status.level));
  json.add("seconds_at_level", status.seconds_at_level);
  json.add("provider_crashes", status.provider_crashes);
  json.open('[', "actions");
  for (const std::string& action : status.actions) json.element(action);
  json.close(']');
  json.close('}');
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
  // Later versions may have more behind another dash.
  return text.size() == kLength || (version != "00" && text[kLength] == '-');
}

std::string to_json(const MetricsMessage& message) {
  std::string out;
  JsonText json(out);
  json.open('{');
  add_head("metrics", message, json);
  add_figures(message.figures, json);
  if (message.degrade) add_degrade(*message.degrade, json);
  json.close('}');
  return out;
}

std::string to_json(const StatusMessage& message) {
  std::string out;
  JsonText json(out);
  json.open('{');
  add_head("status", message, json);
  json.add("state", std::string_view(message.state == QueueState::overloaded ? "overloaded" : "buffering"));
  json.add("queue_fill_ratio", message.fill_ratio);
  json.close('}');
  return out;
}

std::string to_json(const StreamMessage& message) {
  return std::visit([](const auto& held) { return to_json(held); }, message);
}

}  // namespace kymo::packs
