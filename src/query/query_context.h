#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <kymo/query/engine.h>
#include <kymo/query/expression.h>

#include "annotations.h"

namespace kymo::KYMO_ABI::query {

/// One query while it runs: its settings, its budget, its notes. Threads: one.
class QueryContext final {
 public:
  QueryContext(const series::SeriesReader& store, const EngineOptions& options, const QueryRequest& request);
  QueryContext(const QueryContext&) = delete;
  QueryContext& operator=(const QueryContext&) = delete;
  ~QueryContext() = default;

  [[nodiscard]] const series::SeriesReader& store() const noexcept { return store_; }
  [[nodiscard]] const EngineOptions& options() const noexcept { return options_; }
  [[nodiscard]] const QueryRequest& request() const noexcept { return request_; }
  [[nodiscard]] std::int64_t lookback_ms() const noexcept { return lookback_ms_; }
  [[nodiscard]] bool delays_names() const noexcept { return options_.delays_name_removal; }
  [[nodiscard]] Annotations& notes() noexcept { return notes_; }

  /// Finds the parts that give the same at every step.
  void prepare(const Expression& expression) {
    static_cast<void>(mark_constant(expression));
    mark_counted(expression, false, true);
  }
  [[nodiscard]] bool is_constant(const Expression& expression) const {
    return constant_.contains(&expression);
  }

  /// Whether only counts and sums of a selector's histograms matter, so that resets must be found as they are
  /// read. Source: Prometheus 3.14, `promql/histogram_stats_iterator`.
  [[nodiscard]] bool is_counted(const std::vector<series::Matcher>& selector) const {
    return counted_.contains(&selector);
  }

  /// The milliseconds of a duration, which may be calculated.
  [[nodiscard]] std::int64_t milliseconds_of(const Duration& duration, bool may_be_negative) const;

  [[noreturn]] void fail(const std::string& cause, Span span, std::string_view remedy = {}) const;
  /// Fails once the time is over or the client has gone. Cheap enough for each series.
  void check_time() const;
  [[nodiscard]] series::ReadLimit read_limit() const { return {request_.stop, deadline_}; }
  void count_samples(std::uint64_t samples);
  void hold(std::size_t bytes);
  void release(std::size_t bytes) noexcept { bytes_ -= bytes; }

  [[nodiscard]] std::uint64_t samples() const noexcept { return samples_; }
  [[nodiscard]] std::size_t peak_bytes() const noexcept { return peak_bytes_; }

 private:
  bool mark_constant(const Expression& expression);
  void mark_counted(const Expression& expression, bool is_counted, bool may_be_counted);
  [[nodiscard]] double seconds_of(const Duration& duration) const;

  const series::SeriesReader& store_;
  const EngineOptions& options_;
  const QueryRequest& request_;
  std::int64_t lookback_ms_;
  std::chrono::milliseconds most_time_;
  std::chrono::steady_clock::time_point deadline_;
  std::unordered_set<const Expression*> constant_;
  std::unordered_set<const std::vector<series::Matcher>*> counted_;
  Annotations notes_;
  std::uint64_t samples_ = 0;
  std::size_t bytes_ = 0;
  std::size_t peak_bytes_ = 0;
};

/// Memory that counts as a query's until this is gone.
class Hold final {
 public:
  Hold() = default;
  Hold(QueryContext& context, std::size_t bytes) : context_(&context), bytes_(bytes) { context.hold(bytes); }
  Hold(Hold&& other) noexcept
      : context_(std::exchange(other.context_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Hold& operator=(Hold&& other) noexcept {
    if (this != &other) {
      release();
      context_ = std::exchange(other.context_, nullptr);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() { release(); }

 private:
  void release() noexcept {
    if (context_ != nullptr) context_->release(bytes_);
  }

  QueryContext* context_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Whether the result of a function changes with the time of evaluation, whatever its arguments.
[[nodiscard]] bool depends_on_time(std::string_view function) noexcept;

/// The expression within parentheses.
[[nodiscard]] const Expression& inner(const Expression& expression);

}  // namespace kymo::KYMO_ABI::query
