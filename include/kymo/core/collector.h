#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>

#include <kymo/core/detail/text_view.h>
#include <kymo/core/labels.h>
#include <kymo/core/stopwatch.h>
#include <kymo/core/timing.h>

namespace kymo::KYMO_ABI {

class Registry;
class Collector;
struct GaugeStatistics;
struct Snapshot;

/// The last 100 durations, or fewer at first, in seconds; all exact.
struct RecentTimings {
  std::uint64_t count = 0;
  double mean = 0;
  double min = 0;
  double max = 0;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
};

/// The result of get_timing(): all durations since the start or the last reset, in seconds.
struct TimingStatistics {
  std::uint64_t count = 0;
  double total = 0;
  double mean = 0;
  double min = 0;
  double max = 0;
  double p50 = 0;  ///< percentiles within 1 %
  double p95 = 0;
  double p99 = 0;
  RecentTimings recent;
};

/// The result of get_gauge(). `last_update` is zero where nobody has set the gauge.
struct GaugeReading {
  double current = 0;
  double min = 0;
  double max = 0;
  double mean = 0;
  std::uint64_t count = 0;
  std::chrono::system_clock::time_point last_update;
};

struct CollectorOptions {
  bool enabled = true;  ///< see Collector::set_enabled()
};

/// Times a scope for a Collector: from construction to stop() or the scope's end. A scope that an exception
/// leaves is recorded under its tags and `error="true"`. Threads: one at a time.
class [[nodiscard]] KYMO_API CollectorTimer final {
 public:
  CollectorTimer(const CollectorTimer&) = delete;
  CollectorTimer& operator=(const CollectorTimer&) = delete;
  ~CollectorTimer();

  /// Records now instead of at the end, and returns the duration. Returns zero after an earlier stop() or
  /// cancel().
  std::chrono::nanoseconds stop() noexcept;
  /// Records nothing.
  void cancel() noexcept { running_ = false; }

 private:
  friend class Collector;
  /// The destination of a duration: a timing, or a histogram in seconds. The other one records into nothing.
  struct Target {
    Timing timing;
    Histogram histogram;
  };
  CollectorTimer(Collector* collector, std::string_view name, Target target) noexcept;

  Collector* collector_;
  std::string_view name_;
  Target target_;
  int exceptions_;
  bool running_;
  Stopwatch watch_;
};

/// Metrics by name and tags, for code that wants to record an event and keep no handle:
///
///     metrics.increment("events.processed", {{"event_type", type}});
///     metrics.timing("event.processing.duration", elapsed, {{"event_type", type}});
///     auto timer = metrics.timer("render.frame");
///
/// The first use of a name makes it a metric of the registry and fixes its kind. A counter that is
/// decremented, or incremented by a negative amount, becomes an up-down counter, which is exported as a
/// gauge. Timings keep their last 100 durations, gauges their statistics. A line of code that always records
/// the same series is faster with an instrument of the registry: it saves the look-up.
///
/// Registered metrics, as the packs have, and recorded ones of the same name are joined, in either order:
/// `increment` adds to counters and up-down counters, `gauge` sets gauges, `timing` records into timings and
/// histograms in seconds. A callback's value is shown where nothing is recorded under its labels; counters
/// are added. A registered counter stays a counter: decrements are refused.
///
/// Units: durations are exported in seconds. Names: as in Registry; a literal, or text that outlives the call
/// (for timer(): the scope). Threads: any member from any thread. Cost: about 35 ns with two tags, no lock
/// and no allocation once the series exists. Errors: recording never throws; get_*(), describe() and resets
/// may throw `std::bad_alloc`. A name that is invalid, collides, or belongs to another kind of metric is
/// refused. The refusal is reported once, to standard error or the registry's error_sink, and counted once in
/// `kymo_registration_errors_total`. Each lost value counts in `kymo_recordings_unregistered_total`. A name
/// that becomes free is registered at its next use.
class KYMO_API Collector final {
 public:
  using Tags = std::initializer_list<Label>;

  /// The registry must outlive the Collector. At most kMaxNames names. Values under further names
  /// count in both metrics above; one message reports it.
  explicit Collector(Registry& registry, const CollectorOptions& options = {});
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  ~Collector();

  static constexpr std::size_t kMaxNames = 10'000;

  /// Sets the help text of a name (and the unit, for gauges and counters), before its first use. Without a
  /// description, the help says only how the metric is recorded.
  void describe(TextView name, TextView help, TextView unit = {});

  void increment(TextView name, Tags tags = {}) noexcept { increment(name, 1, tags); }
  void increment(TextView name, std::int64_t amount, Tags tags = {}) noexcept {
    increment(name, amount, Labels(tags.begin(), tags.size()));
  }
  void increment(TextView name, std::int64_t amount, Labels tags) noexcept;

  void decrement(TextView name, Tags tags = {}) noexcept { decrement(name, 1, tags); }
  void decrement(TextView name, std::int64_t amount, Tags tags = {}) noexcept {
    decrement(name, amount, Labels(tags.begin(), tags.size()));
  }
  void decrement(TextView name, std::int64_t amount, Labels tags) noexcept;

  void gauge(TextView name, double value, Tags tags = {}) noexcept {
    gauge(name, value, Labels(tags.begin(), tags.size()));
  }
  void gauge(TextView name, double value, Labels tags) noexcept;

  template <class Rep, class Period>
  void timing(TextView name, std::chrono::duration<Rep, Period> duration, Tags tags = {}) noexcept {
    timing(name, std::chrono::duration<double>(duration).count(), tags);
  }
  /// In seconds.
  void timing(TextView name, double seconds, Tags tags = {}) noexcept {
    timing(name, seconds, Labels(tags.begin(), tags.size()));
  }
  void timing(TextView name, double seconds, Labels tags) noexcept;

  CollectorTimer timer(TextView name, Tags tags = {}) noexcept {
    return timer(name, Labels(tags.begin(), tags.size()));
  }
  CollectorTimer timer(TextView name, Labels tags) noexcept;

  /// Reads the registry's metric of that name, registered or recorded. Empty where the metric has no such
  /// series, or nothing was recorded since a reset(). A timing may be a histogram in seconds. For a
  /// callback's value, min, max and mean are that value. Cost: a look-up under a lock; a Snapshot where
  /// callbacks or producers own the name.
  [[nodiscard]] std::optional<TimingStatistics> get_timing(TextView name, Tags tags = {}) const {
    return get_timing(name, Labels(tags.begin(), tags.size()));
  }
  [[nodiscard]] std::optional<TimingStatistics> get_timing(TextView name, Labels tags) const;
  [[nodiscard]] std::optional<std::int64_t> get_counter(TextView name, Tags tags = {}) const {
    return get_counter(name, Labels(tags.begin(), tags.size()));
  }
  [[nodiscard]] std::optional<std::int64_t> get_counter(TextView name, Labels tags) const;
  [[nodiscard]] std::optional<GaugeReading> get_gauge(TextView name, Tags tags = {}) const {
    return get_gauge(name, Labels(tags.begin(), tags.size()));
  }
  [[nodiscard]] std::optional<GaugeReading> get_gauge(TextView name, Labels tags) const;
  /// Everything in the registry at this instant; `kymo::format` turns it into JSON and text.
  [[nodiscard]] std::shared_ptr<const Snapshot> get_all() const;

  /// Resets every metric recorded by name. Concurrent records count before or after. A name is absent until
  /// the next record. Levels keep their value: see Registry::reset().
  void reset();
  /// Resets the counters that were recorded by name to 0; levels, timings and gauges stay.
  void reset_counters();

  /// True if recording by name is on: this switch and the process' set_recording() are both on.
  [[nodiscard]] bool enabled() const noexcept;
  /// While off, recording by name does nothing, at the cost of a branch.
  void set_enabled(bool on) noexcept;

 private:
  friend class CollectorTimer;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI
