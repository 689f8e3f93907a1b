#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/core/histogram_value.h>
#include <kymo/core/registry.h>
#include <kymo/core/timing.h>
#include <kymo/live/query_api.h>

#include "config_print.h"
#include "config_schema.h"
#include "part.h"
#include "rules.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

/// By query::QueryFault; the last one is of queries that do not parse.
constexpr std::array<std::string_view, query::kQueryFaults + 1> kReasons = {
    "evaluation", "steps", "series", "samples", "memory", "timeout", "canceled", "malformed"};

void describe_settings(const MonitorOptions& options, live::QuerySources& sources) {
  const Settings settings{.monitor = options};
  std::vector<SourcedValue> values;
  for (const Setting& setting : schema()) {
    SettingValue value = setting.member.get(settings, setting.domain);
    sources.settings.push_back({std::string(setting.name), print_value(setting.domain, value)});
    const bool is_default = value == default_value(setting);
    values.push_back({std::move(value), is_default ? "default" : "set at the start"});
  }
  sources.config = print_config(values);
}

/// The API, and the durations of its queries.
struct Queries {
  std::atomic<std::chrono::nanoseconds> last_tick{std::chrono::nanoseconds(0)};
  Registry timings;  ///< holds the instrument below; not exported as a whole
  Timing duration = timings.timing("query", "Holds durations of queries.", {.recent = 0});
  std::shared_ptr<const live::QueryApi> api;

  void write(SnapshotWriter& writer) const {
    const query::EngineFigures figures = api->engine().figures();
    writer.gauge({"kymo_query_running", "Queries that are being evaluated."})
        .add(static_cast<double>(api->running()));
    writer.counter({"kymo_query_evaluations_total", "Queries, those that failed among them."})
        .add(static_cast<double>(figures.queries));
    writer.counter({"kymo_query_samples_total", "Samples that queries read from the history."})
        .add(static_cast<double>(figures.samples));
    FamilyWriter failures = writer.counter({"kymo_query_failures_total", "Queries without a result."});
    for (std::size_t i = 0; i < kReasons.size(); ++i) {
      const Label reason{"reason", kReasons.at(i)};
      const bool is_of_engine = i < query::kQueryFaults;
      failures.add(Labels(&reason, 1),
                   static_cast<double>(is_of_engine ? figures.failures.at(i) : api->malformed()));
    }
    writer.histogram({"kymo_query_duration_seconds", "Time to evaluate a query.", "seconds"})
        .add(Labels(), duration.value());
  }
};

}  // namespace

query::EngineOptions engine_options(const QueryOptions& options) {
  query::EngineOptions engine;
  engine.limits.most_time = options.timeout;
  engine.limits.most_bytes = options.memory;
  engine.limits.most_samples = options.max_samples;
  engine.limits.most_series = options.max_series;
  return engine;
}

Part make_query_part(const PartContext& context, const history::Store* store,
                     const std::shared_ptr<live::ScrapeMemory>& memory,
                     const std::shared_ptr<const Rules>& rules) {
  const auto queries = std::make_shared<Queries>();
  live::QuerySources sources{.store = store,
                             .clock = &context.clock,
                             .snapshots = &context.snapshots,
                             .memory = memory,
                             .engine = engine_options(context.options.query)};
  sources.tick_interval = context.options.tick_interval;
  if (!context.options.history.directory.empty()) sources.retention = context.options.history.retention;
  if (store != nullptr) {
    sources.extent = [store]() -> std::optional<series::TimeRange> {
      const history::StoreFigures figures = store->figures();
      if (figures.oldest_ms > figures.newest_ms) return std::nullopt;
      series::TimeRange range{figures.oldest_ms, figures.newest_ms};
      for (const history::TierFigures& tier : figures.tiers)
        range.from_ms = std::min(range.from_ms, tier.oldest_ms);
      return range;
    };
  }
  sources.last_tick = [queries = std::weak_ptr(queries)] {
    const auto held = queries.lock();
    return held ? held->last_tick.load(std::memory_order_relaxed) : std::chrono::nanoseconds(0);
  };
  sources.write_rules = [rules](const live::RuleFilter& filter, base::JsonWriter& json) {
    rules->write_groups(filter, json);
  };
  sources.write_alerts = [rules](base::JsonWriter& json) { rules->write_alerts(json); };
  describe_settings(context.options, sources);
  sources.on_query = [duration = queries->duration](std::chrono::nanoseconds time) mutable {
    duration.record(time);
  };
  queries->api = std::make_shared<const live::QueryApi>(std::move(sources));
  Part part{.name = "query", .routes = live::query_routes(queries->api)};
  // Listeners are called in the order of the parts: the history has kept the tick's samples by now.
  part.on_tick = [queries](const pulse::Tick& tick) {
    queries->last_tick.store(std::chrono::steady_clock::now() - tick.steady, std::memory_order_relaxed);
  };
  // The routes keep the API alone; its timings end with the part.
  part.write = [queries](SnapshotWriter& writer) { queries->write(writer); };
  return part;
}

}  // namespace kymo::KYMO_ABI::monitor
