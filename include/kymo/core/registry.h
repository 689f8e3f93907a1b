#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/core/counter.h>
#include <kymo/core/detail/text_view.h>
#include <kymo/core/family.h>
#include <kymo/core/family_options.h>
#include <kymo/core/gauge.h>
#include <kymo/core/histogram.h>
#include <kymo/core/snapshot.h>
#include <kymo/core/snapshot_writer.h>
#include <kymo/core/timing.h>
#include <kymo/core/window.h>

namespace kymo::KYMO_ABI {

/// The registry's reaction to a wrong registration: a name that is invalid or taken, a bad label key or
/// bound.
enum class OnError : std::uint8_t {
  throw_exception,  ///< RegistrationError
  return_noop,  ///< an instrument that records into nothing; the message goes to RegistryOptions::error_sink
};

#if defined(__cpp_exceptions)
inline constexpr OnError kUsualOnError = OnError::throw_exception;
#else
inline constexpr OnError kUsualOnError = OnError::return_noop;
#endif

/// A registration failed. The message names the metric, the fault and the remedy.
class KYMO_API RegistrationError final : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

struct RegistryOptions {
  OnError on_error = kUsualOnError;
  /// Gets each registration error, in either mode, and once each name or label key that is refused at a
  /// record. Called without a lock held. Empty: messages that nobody gets as an exception go to standard
  /// error, once each.
  std::function<void(std::string_view message)> error_sink = {};
  std::size_t max_series_per_family = 2000;  ///< as OpenTelemetry's default cardinality limit
  std::size_t max_series = 1'000'000;        ///< of all families together
  std::size_t max_label_value_bytes = 1024;
  /// The time that a Snapshot waits for one callback; for all callbacks together it waits five times as long.
  /// A late callback is left out of Snapshots until it returns, and counted by name in
  /// `kymo_callbacks_late_total`. 0: callbacks run on the thread that takes the Snapshot, without a limit. At
  /// most 1 h.
  std::chrono::milliseconds callback_deadline{100};
};

/// Keeps a producer or a callback registered; destruction ends the registration. The destructor waits for a
/// running call, so the callback's referents may go afterwards; inside the callback itself it does not wait.
/// The wait has no limit: a callback that hangs may still use its referents. If the callback owns all that it
/// uses, abandon() ends the registration without waiting.
class KYMO_API Registration final {
 public:
  class Slot;

  Registration() = default;
  explicit Registration(std::shared_ptr<Slot> slot) noexcept : slot_(std::move(slot)) {}
  Registration(Registration&&) noexcept = default;
  Registration& operator=(Registration&& other) noexcept;
  ~Registration() { end(); }

  /// As the destructor. May be called twice.
  void end() noexcept;
  /// Ends the registration without waiting for a running call. That call goes on; the callback is destroyed
  /// after it. Only for a callback that owns all that it refers to, in a library that stays loaded.
  void abandon() noexcept;

 private:
  std::shared_ptr<Slot> slot_;
};

/// Options of a value that a callback gives.
struct ObservedOptions {
  TextView unit = {};
  std::vector<std::pair<std::string, std::string>> labels = {};
  bool has_deadline = true;  ///< see ProducerOptions
};

struct ProducerOptions {
  TextView name = "producer";  ///< the callback's name in messages, where it is late or hangs
  /// False: for code that never waits. The producer runs on the thread that takes the Snapshot. This saves
  /// the hand-over of some 20 us a Snapshot, and RegistryOptions::callback_deadline does not apply.
  bool has_deadline = true;
};

/// A callback past its deadline that has not returned.
struct HangingCallback {
  std::string name;                 ///< the metric's, or ProducerOptions::name
  std::chrono::nanoseconds time{};  ///< since the call began
};

/// The families of one process (or one part of it), and the one source of Snapshots.
///
/// Register each name once, at start. A second registration of a name is an error, also of one that is equal
/// in a text format (`http.requests` and `http_requests`), and of one that equals another metric's sample
/// (`x_count` beside a histogram `x`). A name that a Collector recorded first is taken over with its values,
/// if the kind is the same. The registry may be destroyed while handles live; they go on recording safely,
/// unread. Threads: any member from any thread. Recording, and looking up an existing series, never take a
/// lock of the registry. Making series and taking Snapshots do, briefly. A forked child counts from zero;
/// gauges keep their values. Names: OpenTelemetry style (`event.processing.duration`) or Prometheus style
/// (`http_requests_total`); units in words ("seconds").
class KYMO_API Registry final {
 public:
  explicit Registry(RegistryOptions options = {});
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  /// Single series, without labels.
  Counter counter(TextView name, TextView help, CounterOptions options = {}) {
    return single<Counter>(name, help, std::move(options));
  }
  DoubleCounter double_counter(TextView name, TextView help, CounterOptions options = {}) {
    return single<DoubleCounter>(name, help, std::move(options));
  }
  UpDownCounter up_down_counter(TextView name, TextView help, UpDownCounterOptions options = {}) {
    return single<UpDownCounter>(name, help, std::move(options));
  }
  Gauge gauge(TextView name, TextView help, GaugeOptions options = {}) {
    return single<Gauge>(name, help, std::move(options));
  }
  Histogram histogram(TextView name, TextView help, HistogramOptions options = {}) {
    return single<Histogram>(name, help, std::move(options));
  }
  Timing timing(TextView name, TextView help, TimingOptions options = {}) {
    return single<Timing>(name, help, std::move(options));
  }
  Window window(TextView name, TextView help, WindowOptions options = {}) {
    return single<Window>(name, help, std::move(options));
  }

  /// A metric with labels: `family<Counter, "method", "code">(…)`. Without keys, the labels come at run
  /// time.
  template <class Instrument, LabelKey... Keys>
  Family<Instrument, Keys...> family(TextView name, TextView help,
                                     typename InstrumentTraits<Instrument>::Options options = {}) {
    FamilySpec spec = InstrumentTraits<Instrument>::spec(std::move(options));
    spec.dynamic_labels = sizeof...(Keys) == 0;
    (spec.label_keys.emplace_back(Keys.view()), ...);
    return Family<Instrument, Keys...>(add_family(name, help, std::move(spec)));
  }

  /// A value that a callback gives for each Snapshot. A callback that throws or ends its thread, or returns
  /// NaN, counts in `kymo_producer_errors_total`; its series is missing from that Snapshot. Several
  /// registrations may share a name if kind, unit and help agree and labels differ. Threads: a registry runs
  /// its callbacks one after the other, on its own thread, which blocks all signals. The thread that takes
  /// the Snapshot waits up to RegistryOptions::callback_deadline.
  [[nodiscard]] Registration observe_gauge(TextView name, TextView help, std::function<double()> callback,
                                           const ObservedOptions& options = {});
  /// As observe_gauge, for a count that only grows.
  [[nodiscard]] Registration observe_counter(TextView name, TextView help, std::function<double()> callback,
                                             const ObservedOptions& options = {});
  /// Makes whole families for each Snapshot: see Producer. Threads and errors: as observe_gauge.
  [[nodiscard]] Registration add_producer(Producer producer, const ProducerOptions& options = {});

  /// Everything at this instant. Cost: some 10 ns a series and thread; no recording thread is disturbed.
  /// Callbacks that hang delay one Snapshot by at most five times RegistryOptions::callback_deadline.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot();

  /// Registered callbacks that were late for a Snapshot and have not returned since. Cost: a look at each
  /// callback. Threads: any; never waits for a callback.
  [[nodiscard]] std::vector<HangingCallback> hanging_callbacks() const;
  /// True inside a callback of this registry. A Snapshot taken there lacks that callback's figures. Cost and
  /// threads: as hanging_callbacks().
  [[nodiscard]] bool is_in_callback() const;

  /// Sets every instrument back to its beginning, and returns the values up to then. A series
  /// reappears at its next record, with now as its creation time; handles stay valid. A
  /// concurrent record counts once: in the returned Snapshot or afterwards. Levels keep their
  /// value, since open things stay open. UpDownCounters and Gauges stay visible, and a gauge's
  /// statistics begin anew. Levels recorded only by name reappear at their next record. Producers
  /// are not called.
  std::shared_ptr<const Snapshot> reset();
  /// Resets counters only; they stay visible with 0.
  std::shared_ptr<const Snapshot> reset_counters();

  /// Live series over all families, without the overflow series.
  [[nodiscard]] std::size_t series_count() const noexcept;

 private:
  friend class Collector;
  class Impl;

  template <class Instrument>
  Instrument single(TextView name, TextView help, typename InstrumentTraits<Instrument>::Options options) {
    return Instrument(
        single_series(add_family(name, help, InstrumentTraits<Instrument>::spec(std::move(options)))));
  }

  std::shared_ptr<FamilyCore> add_family(TextView name, TextView help, FamilySpec spec);
  static SeriesParts single_series(const std::shared_ptr<FamilyCore>& family);

  std::shared_ptr<Impl> impl_;
};

/// A registry for a program that needs just one; made at the first call and never destroyed. kymo itself uses
/// it only if told to.
[[nodiscard]] KYMO_API Registry& default_registry();

}  // namespace kymo::KYMO_ABI
