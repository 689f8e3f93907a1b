#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/query/parser.h>
#include <kymo/series/float_histogram.h>
#include <kymo/series/label_set.h>
#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::query {

/// Bounds of one query. A query that reaches one fails.
struct QueryLimits {
  std::size_t most_bytes_of_text = 1024 * 1024;
  std::uint16_t most_levels = 500;
  /// Steps of a range query.
  std::size_t most_steps = 11'000;
  /// Steps of a subquery, all windows together.
  std::size_t most_subquery_steps = 1'000'000;
  /// Series that one selector finds.
  std::size_t most_series = 100'000;
  /// Samples read from the store.
  std::size_t most_samples = 50'000'000;
  /// Memory for samples and results, at any moment. Labels and tables come on top.
  std::size_t most_bytes = std::size_t{256} << 20U;
  std::chrono::milliseconds most_time = std::chrono::minutes(2);
};

struct EngineOptions {
  /// How old the last sample of a series may be.
  std::chrono::milliseconds lookback = std::chrono::minutes(5);
  /// The step of a subquery that names none.
  std::chrono::milliseconds subquery_step = std::chrono::minutes(1);
  /// Takes experimental functions, aggregators and modifiers.
  bool takes_experimental = false;
  /// Functions remove the name of a metric at the end of the query, not at once.
  bool delays_name_removal = false;
  /// `rate`, `increase`, `irate` and `resets` look at the time when a count began.
  bool uses_start_times = true;
  /// The label `__type__` tells whether a metric is a counter, not the end of its name.
  bool has_type_labels = false;
  QueryLimits limits;
};

/// A query and its times, in milliseconds since 1970.
struct QueryRequest {
  std::string_view query;
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;   ///< of an instant query the same as the start
  std::int64_t step_ms = 0;  ///< 0: an instant query
  std::optional<std::chrono::milliseconds> lookback = {};
  std::optional<std::chrono::milliseconds> most_time = {};  ///< lowers that of the limits
  std::stop_token stop = {};
};

struct NumberPoint {
  std::int64_t time_ms = 0;
  double value = 0;
};

struct HistogramPoint {
  std::int64_t time_ms = 0;
  series::FloatHistogramRef value;  ///< not null
};

/// Points of one series, ascending by time. An instant vector has one point.
struct ResultSeries {
  series::LabelSet labels;
  std::vector<NumberPoint> numbers;
  std::vector<HistogramPoint> histograms;
};

struct QueryResult {
  /// The type of the query; that of a range query is matrix.
  ValueType type = ValueType::vector;
  double scalar = 0;
  std::string text;
  /// Of a vector and a matrix. A matrix is sorted by labels.
  std::vector<ResultSeries> series;
  /// Each ends with its position, such as `(1:15)`. Ascending.
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
  std::uint64_t read_samples = 0;
  std::size_t peak_bytes = 0;
};

/// Cause of a query's end.
enum class QueryFault : std::uint8_t {
  evaluation,  ///< the data do not fit the query
  too_many_steps,
  too_many_series,
  too_many_samples,
  too_much_memory,
  timeout,
  canceled,
};
inline constexpr std::size_t kQueryFaults = 7;

/// Why a query that parses has no result. The text has the cause, the position and the remedy. Threads: as of
/// std::runtime_error.
class QueryFailure final : public std::runtime_error {
 public:
  QueryFailure(QueryFault fault, const std::string& cause, const std::string& rest)
      : std::runtime_error(cause + rest), fault_(fault), cause_size_(cause.size()) {}

  [[nodiscard]] QueryFault fault() const noexcept { return fault_; }
  /// The text without position and remedy, as Prometheus words it where its tests look at the words.
  [[nodiscard]] std::string_view cause() const noexcept {
    return std::string_view(what()).substr(0, cause_size_);
  }

 private:
  QueryFault fault_;
  std::size_t cause_size_;
};

/// Queries of an engine since its start.
struct EngineFigures {
  std::uint64_t queries = 0;
  std::uint64_t samples = 0;  ///< read
  /// Queries that failed, by fault.
  std::array<std::uint64_t, kQueryFaults> failures{};
};

/// Evaluates PromQL over a store. Threads: any; run() may be called from several at once, and holds no lock.
/// Source: Prometheus 3.14, "Querying".
class Engine final {
 public:
  explicit Engine(const EngineOptions& options = {}) : options_(options) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() = default;

  [[nodiscard]] const EngineOptions& options() const noexcept { return options_; }

  /// Cost: the samples that the query reads, and its steps. Errors: throws QueryError for a malformed query,
  /// QueryFailure for one without a result, and `std::bad_alloc`.
  [[nodiscard]] QueryResult run(const series::SeriesReader& store, const QueryRequest& request) const;

  [[nodiscard]] EngineFigures figures() const noexcept;

 private:
  EngineOptions options_;
  mutable std::atomic<std::uint64_t> queries_{0};
  mutable std::atomic<std::uint64_t> samples_{0};
  mutable std::array<std::atomic<std::uint64_t>, kQueryFaults> failures_{};
};

}  // namespace kymo::KYMO_ABI::query
