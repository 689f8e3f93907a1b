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

/// The last 100 durations, or as many as there are, in seconds; all exact.
struct RecentTimings {
  std::uint64_t count = 0;
  double mean = 0;
  double min = 0;
  double max = 0;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
};

/// What get_timing() tells: all durations since the start or the last reset, in seconds.
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

/// What get_gauge() tells. Zero `last_update` where the gauge was never set.
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

/// Times a scope for a Collector: from its making to stop() or the end of the scope, once. Left by an
/// exception, it is timed under its tags and `error="true"`. Threads: one at a time.
class [[nodiscard]] KYMO_API CollectorTimer final {
 public:
  CollectorTimer(const CollectorTimer&) = delete;
  CollectorTimer& operator=(const CollectorTimer&) = delete;
  ~CollectorTimer();

  /// Records now instead of at the end, and tells how long it was; zero when it had been stopped or
  /// cancelled.
  std::chrono::nanoseconds stop() noexcept;
  /// Records nothing.
  void cancel() noexcept { running_ = false; }

 private:
  friend class Collector;
  /// Where a duration goes: a timing, or a histogram in seconds. The other one records into nothing.
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

/// Metrics by name and tags, for code that wants to say what happened and keep nothing:
///
///     metrics.increment("events.processed", {{"event_type", type}});
///     metrics.timing("event.processing.duration", elapsed, {{"event_type", type}});
///     auto timer = metrics.timer("render.frame");
///
/// A name becomes a metric of the registry when it is first used; what it is first used as, it stays. A
/// counter that is decremented, or incremented by a negative amount, becomes an up-down counter, which is
/// exported as a gauge. Timings keep their last 100 durations, gauges their statistics. Where a line of code
/// always records the same series, an instrument of the registry is faster by the look-up.
///
/// A metric that somebody registers, as the packs do, is joined, whichever comes first: `increment` goes into
/// its counters and up-down counters, `gauge` into gauges, `timing` into timings and histograms in seconds. A
/// value that a callback gives is shown where nothing is recorded under its labels; counters are added up. A
/// registered counter stays one: what would lower it is refused.
///
/// Units: durations in seconds outward. Names: as in Registry; literals, or text that outlives the call (for
/// timer(): the scope). Threads: any member from any thread. Cost: about 35 ns with two tags, no lock and no
/// allocation once the series exists. Errors: nothing that records throws; get_*(), describe() and the resets
/// may, `std::bad_alloc`. A name that is not valid, that collides or that stands for another kind of metric
/// is refused: that is said once, on standard error or to the registry's error_sink, and counted once in
/// `kymo_registration_errors_total`; each value lost by it counts in `kymo_recordings_unregistered_total`. A
/// name that becomes free is taken when it is used next.
class KYMO_API Collector final {
 public:
  using Tags = std::initializer_list<Label>;

  /// The registry must outlive it. At most kMaxNames names: what is recorded under more is counted in both
  /// metrics above, and said once.
  explicit Collector(Registry& registry, const CollectorOptions& options = {});
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  ~Collector();

  static constexpr std::size_t kMaxNames = 10'000;

  /// Help text (and unit, for gauges and counters) of a name, before its first use; without, the help says
  /// just how it is recorded.
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
  /// Seconds.
  void timing(TextView name, double seconds, Tags tags = {}) noexcept {
    timing(name, seconds, Labels(tags.begin(), tags.size()));
  }
  void timing(TextView name, double seconds, Labels tags) noexcept;

  CollectorTimer timer(TextView name, Tags tags = {}) noexcept {
    return timer(name, Labels(tags.begin(), tags.size()));
  }
  CollectorTimer timer(TextView name, Labels tags) noexcept;

  /// The registry's metric of that name, whoever registered or recorded it. Nothing where it holds no
  /// such series, or nothing was recorded since a reset(). A timing may be a histogram in seconds. Of a value
  /// that a callback gives, min, max and mean are the value. Cost: a look-up under a lock; where callbacks or
  /// producers give the name, a Snapshot.
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

  /// Forgets all that was recorded by name; what other threads record meanwhile counts before or after. A
  /// name is absent until it is recorded again. Levels keep their value: see Registry::reset().
  void reset();
  /// Counters that were recorded by name go on from 0; levels, timings and gauges stay.
  void reset_counters();

  /// Whether anything is recorded by name: both this switch and the process' set_recording() are on.
  [[nodiscard]] bool enabled() const noexcept;
  /// While off nothing is recorded by name, at the cost of a branch.
  void set_enabled(bool on) noexcept;

 private:
  friend class CollectorTimer;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI
