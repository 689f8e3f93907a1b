#include <kymo/packs/stream_overview.h>

#include <algorithm>
#include <utility>

#include "stream_json.h"
#include "stream_sum.h"

namespace kymo::KYMO_ABI::packs {
namespace {

using base::JsonWriter;

using Field = double (*)(const SessionSummary&);

constexpr std::array<std::string_view, 15> kFieldNames = {
    "age_seconds",      "sources",     "queue_depth",       "queue_bytes",     "queue_fill_ratio",
    "backlog_seconds",  "lag_seconds", "dropped_total",     "dropped_recent",  "bytes_received",
    "chunks_processed", "errors",      "inference_ms_mean", "realtime_factor", "level"};

constexpr double kNone = -1;  // sorts behind all values

constexpr std::array<Field, kFieldNames.size()> kFields = {
    [](const SessionSummary& session) { return session.age_seconds; },
    [](const SessionSummary& session) { return static_cast<double>(session.sources); },
    [](const SessionSummary& session) { return static_cast<double>(session.figures.queue_depth); },
    [](const SessionSummary& session) { return static_cast<double>(session.figures.queue_bytes); },
    [](const SessionSummary& session) { return session.fill_ratio; },
    [](const SessionSummary& session) { return session.figures.backlog_seconds; },
    [](const SessionSummary& session) { return session.lag_seconds; },
    [](const SessionSummary& session) { return static_cast<double>(session.figures.dropped_total); },
    [](const SessionSummary& session) { return static_cast<double>(session.figures.dropped_recent); },
    [](const SessionSummary& session) { return static_cast<double>(session.figures.bytes_received); },
    [](const SessionSummary& session) { return static_cast<double>(session.figures.chunks_processed); },
    [](const SessionSummary& session) { return static_cast<double>(session.figures.errors); },
    [](const SessionSummary& session) { return session.figures.inference_ms_mean.value_or(kNone); },
    [](const SessionSummary& session) { return session.figures.realtime_factor.value_or(kNone); },
    [](const SessionSummary& session) { return static_cast<double>(session.level); },
};

void write_sums(const SourceFigures& figures, double lag_seconds, JsonWriter& json) {
  json.field("queue_depth", figures.queue_depth);
  json.field("queue_bytes", figures.queue_bytes);
  json.field("backlog_seconds", six_decimals(figures.backlog_seconds));
  json.field("lag_seconds", six_decimals(lag_seconds));
  write_progress(figures, json);
}

void write_distribution(std::string_view key, const HistogramValue& value, JsonWriter& json) {
  json.begin_object(key);
  json.field("count", value.count());
  json.field("mean", six_decimals(value.mean()));
  json.field("p50", six_decimals(value.quantile(0.5)));
  json.field("p95", six_decimals(value.quantile(0.95)));
  json.field("p99", six_decimals(value.quantile(0.99)));
  json.field("max", six_decimals(value.max()));
  json.end_object();
}

void write_session_summary(const SessionSummary& session, JsonWriter& json) {
  json.begin_object();
  write_session(session.ids, json);
  write_model(session.ids, json);
  json.field("level", name_of(session.level));
  json.field("idle", session.idle);
  json.field("age_seconds", six_decimals(session.age_seconds));
  json.field("sources", std::uint64_t{session.sources});
  json.field("queue_fill_ratio", six_decimals(session.fill_ratio));
  write_sums(session.figures, session.lag_seconds, json);
  json.end_object();
}

}  // namespace

std::span<const std::string_view> session_fields() noexcept { return kFieldNames; }

std::optional<SessionsOverview> make_overview(std::vector<SessionSummary> sessions, std::size_t top,
                                              std::string_view by) {
  const auto named = std::ranges::find(kFieldNames, by);
  if (named == kFieldNames.end()) return std::nullopt;
  const Field field = kFields[static_cast<std::size_t>(named - kFieldNames.begin())];
  SessionsOverview overview{.sessions = sessions.size(), .by = std::string(by)};
  for (const SessionSummary& session : sessions) {
    add_figures(session.figures, overview.sums);
    overview.lag_seconds = std::max(overview.lag_seconds, session.lag_seconds);
    overview.idle += session.idle ? 1 : 0;
    ++overview.levels[static_cast<std::size_t>(session.level)];
    overview.inference_ms.merge(session.inference_ms);
    overview.processing_ms.merge(session.processing_ms);
  }
  const auto shown = std::min(top, sessions.size());
  std::ranges::partial_sort(sessions, sessions.begin() + static_cast<std::ptrdiff_t>(shown), std::greater(),
                            field);
  sessions.resize(shown);
  overview.top = std::move(sessions);
  return overview;
}

std::string to_json(const SessionsOverview& overview) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("timestamp", unix_seconds(overview.time));
  json.field("sessions", std::uint64_t{overview.sessions});
  json.field("max_sessions", std::uint64_t{overview.max_sessions});
  json.begin_object("sums");
  write_sums(overview.sums, overview.lag_seconds, json);
  json.end_object();
  write_distribution("inference_ms", overview.inference_ms, json);
  write_distribution("processing_ms", overview.processing_ms, json);
  json.begin_object("levels");
  for (std::size_t i = 0; i < overview.levels.size(); ++i) {
    json.field(name_of(static_cast<DegradeLevel>(i)), overview.levels[i]);
  }
  json.end_object();
  json.field("idle", std::uint64_t{overview.idle});
  json.field("by", std::string_view(overview.by));
  json.begin_array("top");
  for (const SessionSummary& session : overview.top) write_session_summary(session, json);
  json.end_array();
  json.end_object();
  return out;
}

}  // namespace kymo::KYMO_ABI::packs
