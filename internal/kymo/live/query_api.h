#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <kymo/base/clock.h>
#include <kymo/base/json_writer.h>
#include <kymo/live/route.h>
#include <kymo/live/scrape_memory.h>
#include <kymo/pulse/snapshot_source.h>
#include <kymo/query/classic_view.h>
#include <kymo/query/engine.h>
#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::live {

/// A name and its value, as `/api/v1/status` shows them.
struct NamedValue {
  std::string name;
  std::string value;
};

/// The rules that a client of `/api/v1/rules` wants. An empty list lets all pass.
struct RuleFilter {
  bool alerting = true;
  bool recording = true;
  std::vector<std::string> names = {};
  std::vector<std::string> groups = {};
  std::vector<std::string> files = {};
  std::vector<std::vector<series::Matcher>> matchers = {};  ///< one set must fit the labels of the rule
  bool without_alerts = false;
};

/// Sources of Prometheus' HTTP API. All must outlive the routes.
struct QuerySources {
  const series::SeriesReader* store = nullptr;  ///< null: the process keeps no past
  const base::Clock* clock = nullptr;           ///< not null
  pulse::SnapshotSource* snapshots = nullptr;   ///< not null
  /// For the texts of answers; not null.
  std::shared_ptr<ScrapeMemory> memory = {};
  query::EngineOptions engine = {};
  /// The times of the oldest and newest sample. Null, or nothing: there is none.
  std::function<std::optional<series::TimeRange>()> extent = nullptr;
  std::chrono::milliseconds tick_interval{1000};
  /// The time that the newest tick took until its samples were in the store. Threads: any. Null: unknown.
  std::function<std::chrono::nanoseconds()> last_tick = nullptr;
  std::chrono::milliseconds retention{0};  ///< 0: until memory is full
  /// The settings of the process, by name, and the same as a configuration file.
  std::vector<NamedValue> settings = {};
  std::string config = {};
  /// Write the objects of `/api/v1/rules` and `/api/v1/alerts`. Null: there are no rules. Threads: any.
  std::function<void(const RuleFilter&, base::JsonWriter&)> write_rules = nullptr;
  std::function<void(base::JsonWriter&)> write_alerts = nullptr;
  /// Told after each query. Threads: several call it at once. Must not throw.
  std::function<void(std::chrono::nanoseconds duration)> on_query = nullptr;
};

/// Evaluates queries of the HTTP API, and counts them. Threads: any.
class QueryApi final {
 public:
  explicit QueryApi(QuerySources sources);

  [[nodiscard]] const QuerySources& sources() const noexcept { return sources_; }
  /// Null where the process keeps no past.
  [[nodiscard]] const series::SeriesReader* view() const noexcept { return view_ ? &*view_ : nullptr; }
  [[nodiscard]] const query::Engine& engine() const noexcept { return engine_; }

  /// As Engine::run(). Requires view() != null.
  [[nodiscard]] query::QueryResult run(const query::QueryRequest& request) const;

  /// When this object was made.
  [[nodiscard]] std::chrono::system_clock::time_point started() const noexcept { return started_; }

  [[nodiscard]] std::uint64_t running() const noexcept { return running_.load(std::memory_order_relaxed); }
  /// Queries that do not parse.
  [[nodiscard]] std::uint64_t malformed() const noexcept {
    return malformed_.load(std::memory_order_relaxed);
  }

 private:
  const QuerySources sources_;
  const std::optional<query::ClassicView> view_;
  const query::Engine engine_;
  const std::chrono::system_clock::time_point started_;
  mutable std::atomic<std::uint64_t> running_{0};
  mutable std::atomic<std::uint64_t> malformed_{0};
};

/// The HTTP API of Prometheus: `/api/v1/query`, `/api/v1/query_range` and so on, on heavy threads where they
/// read the store. Without a store, an answer is an error that names the setting.
[[nodiscard]] std::vector<Route> query_routes(const std::shared_ptr<const QueryApi>& api);

}  // namespace kymo::KYMO_ABI::live
