#include <kymo/packs/stream_overview.h>

#include <algorithm>
#include <utility>

#include "json_text.h"
#include "stream_sum.h"

namespace kymo::packs {
namespace {

using Field = double (*)(const SessionSummary&);

constexpr std::array<std::string_view, 15> kFieldNames = {
    "age_seconds",      "sources",     "queue_depth",       "queue_bytes",     "queue_fill_ratio",
    "backlog_seconds",  "lag_seconds", "dropped_total",     "dropped_recent",  "bytes_received",
    "chunks_processed", "errors",      "inference_ms_mean", "realtime_factor", "level"};

constexpr double kNone = -1;  // behind all that have a value

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

void add_sums(const SourceFigures& figures, double lag_seconds, JsonText& json) {
  json.add("queue_depth", figures.queue_depth);
  json.add("queue_bytes", figures.queue_bytes);
  json.add("backlog_seconds", figures.backlog_seconds);
  json.add("lag_seconds", lag_seconds);
  json.add("dropped_total", figures.dropped_total);
  json.add("dropped_recent", figures.dropped_recent);
  json.add("bytes_received", figures.bytes_received);
  json.add("chunks_processed", figures.chunks_processed);
  json.add("errors", figures.errors);
  json.add("inference_ms_mean", figures.inference_ms_mean);
  json.add("realtime_factor", figures.realtime_factor);
}

void add_distribution(std::string_view key, const HistogramValue& value, JsonText& json) {
  json.open('{', key);
  json.add("count", value.count());
  json.add("mean", value.mean());
  json.add("p50", value.quantile(0.5));
  json.add("p95", value.quantile(0.95));
  json.add("p99", value.quantile(0.99));
  json.add("max", value.max());
  json.close('}');
}

void add_session(const SessionSummary& session, JsonText& json) {
  json.open('{');
  json.add("session_id", session.ids.session_id);
  json.add("attempt_id", session.ids.attempt_id);
  json.add("connection_id", session.ids.connection_id);
  json.add("provider", session.ids.provider);
  json.add("model_id", session.ids.model_id);
  json.add("vad_enabled", session.ids.vad_enabled);
  json.add("level", name_of(session.level));
  json.add("age_seconds", session.age_seconds);
  json.add("sources", std::uint64_t{session.sources});
  json.add("queue_fill_ratio", session.fill_ratio);
  add_sums(session.figures, session.lag_seconds, json);
  json.close('}');
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
  JsonText json(out);
  json.open('{');
  json.add("timestamp", unix_seconds(overview.time));
  json.add("sessions", std::uint64_t{overview.sessions});
  json.add("max_sessions", std::uint64_t{overview.max_sessions});
  json.open('{', "sums");
  add_sums(overview.sums, overview.lag_seconds, json);
  json.close('}');
  add_distribution("inference_ms", overview.inference_ms, json);
  add_distribution("processing_ms", overview.processing_ms, json);
  json.open('{', "levels");
  for (std::size_t i = 0; i < overview.levels.size(); ++i) {
    json.add(name_of(static_cast<DegradeLevel>(i)), overview.levels[i]);
  }
  json.close('}');
  json.add("by", std::string_view(overview.by));
  json.open('[', "top");
  for (const SessionSummary& session : overview.top) add_session(session, json);
  json.close(']');
  json.close('}');
  return out;
}

}  // namespace kymo::packs
