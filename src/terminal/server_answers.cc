#include <kymo/terminal/server_answers.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <set>
#include <variant>

#include "json_fields.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

using Object = JsonValue::Object;

/// More rows would be useless, and each is sorted for every picture.
constexpr std::size_t kMostRows = 10'000;

/// The rows of the list below a key, each made by a function; nothing if there is no list.
template <class Row>
std::optional<std::vector<Row>> rows_below(const Object& answer, std::string_view key,
                                           Row (*make)(const Object& fields)) {
  const auto* list = base::find_as<JsonValue::Array>(answer, key);
  if (list == nullptr) return std::nullopt;
  std::vector<Row> rows;
  for (const JsonValue& entry : *list) {
    if (rows.size() == kMostRows) break;
    if (const auto* fields = std::get_if<Object>(&entry.held)) rows.push_back(make(*fields));
  }
  return rows;
}

/// Unix time of `2025-11-24T15:58:00.000Z`, in UTC.
double moment_of(const std::string& text) {
  std::tm parts{};
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return kUnknown;
  return static_cast<double>(::timegm(&parts));
}

/// Without any traffic in either direction nobody reported traffic: unknown, and not none.
bool has_traffic(const Object& fields) {
  static constexpr std::array<std::string_view, 4> kTotals = {"bytes_sent", "bytes_received", "packets_sent",
                                                              "packets_received"};
  return std::any_of(kTotals.begin(), kTotals.end(),
                     [&](std::string_view total) { return number_field(fields, total) > 0; });
}

PeerRow peer_of(const Object& fields) {
  const Object& latency = object_field(fields, "latency_ms");
  const Object& bandwidth = object_field(fields, "bandwidth");
  PeerRow row;
  row.id = text_field(fields, "peer_id");
  row.name = text_field(fields, "peer_name");
  row.status = text_field(fields, "status");
  row.trend = text_field(fields, "quality_trend");
  row.reason = text_field(fields, "quality_reason");
  row.grade = text_field(object_field(fields, "path"), "grade");
  row.latency_ms = number_field(latency, "current");
  row.average_ms = number_field(latency, "avg");
  row.p95_ms = number_field(object_field(fields, "rtt_ms"), "p95");
  row.jitter_ms = number_field(fields, "jitter_ms");
  row.loss_percent = number_field(fields, "packet_loss_percent");
  row.quality = number_field(fields, "quality_score");
  row.opinion = number_field(object_field(fields, "voice"), "mos");
  if (has_traffic(fields)) {
    row.sent = number_field(bandwidth, "sent_bytes_per_second");
    row.received = number_field(bandwidth, "received_bytes_per_second");
  }
  row.uptime_seconds = number_field(fields, "uptime_seconds");
  return row;
}

PastSessionRow past_session_of(const Object& fields) {
  const Object& latency = object_field(fields, "latency_ms");
  PastSessionRow row;
  row.id = text_field(fields, "session_id");
  row.kind = text_field(fields, "kind");
  row.name = text_field(fields, "name");
  row.start = moment_of(text_field(fields, "start_time"));
  row.is_over = !text_field(fields, "end_time").empty();
  row.is_interrupted = flag_field(fields, "interrupted");
  row.duration_seconds = number_field(fields, "duration_seconds");
  if (const auto* peers = base::find_as<JsonValue::Array>(fields, "peers"))
    row.peers = static_cast<double>(peers->size());
  row.least_ms = number_field(latency, "min");
  row.average_ms = number_field(latency, "avg");
  row.most_ms = number_field(latency, "max");
  return row;
}

HotspotRow hotspot_of(const Object& fields) {
  HotspotRow row;
  row.name = text_field(fields, "name");
  row.calls = number_field(fields, "calls");
  row.errors = number_field(fields, "errors");
  row.total_seconds = number_field(fields, "total_seconds");
  row.self_seconds = number_field(fields, "self_seconds");
  row.average_seconds = number_field(fields, "average_seconds");
  row.p95_seconds = number_field(fields, "p95_seconds");
  row.most_seconds = number_field(fields, "max_seconds");
  return row;
}

void mark_slow(const Object& answer, std::vector<HotspotRow>& rows) {
  std::set<std::string_view> names;
  for (const JsonValue& name : list_field(answer, "slow")) {
    if (const auto* text = std::get_if<std::string>(&name.held)) names.emplace(*text);
  }
  for (HotspotRow& row : rows) row.is_slow = names.contains(row.name);
}

}  // namespace

std::optional<Peers> parse_peers(std::string_view answer) {
  const Object fields = parse_object(answer).value_or(Object());
  auto rows = rows_below(fields, "peers", peer_of);
  if (!rows) return std::nullopt;
  return Peers{std::move(*rows), kUnknown, {}};
}

void take_network(std::string_view answer, Peers& peers) {
  const Object fields = parse_object(answer).value_or(Object());
  peers.score = number_field(fields, "score");
  peers.grade = text_field(fields, "grade");
}

std::optional<PastSessions> parse_past_sessions(std::string_view answer) {
  const Object fields = parse_object(answer).value_or(Object());
  return rows_below(fields, "sessions", past_session_of);
}

std::optional<Profile> parse_profile(std::string_view answer) {
  const Object fields = parse_object(answer).value_or(Object());
  auto rows = rows_below(fields, "functions", hotspot_of);
  if (!rows) return std::nullopt;
  mark_slow(fields, *rows);
  return Profile{flag_field(fields, "enabled"), number_field(fields, "duration_seconds"), std::move(*rows)};
}

}  // namespace kymo::KYMO_ABI::terminal
