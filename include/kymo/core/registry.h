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

/// What a registry does with a registration that is wrong: a name that is not valid or is taken, a bad label
/// key or bound.
enum class OnError : std::uint8_t {
  throw_exception,  ///< RegistrationError
  return_noop,  ///< an instrument that records into nothing; the message goes to RegistryOptions::error_sink
};

#if defined(__cpp_exceptions)
inline constexpr OnError kUsualOnError = OnError::throw_exception;
#else
inline constexpr OnError kUsualOnError = OnError::return_noop;
#endif

/// Why a registration failed: the message names the metric, what is wrong, and the remedy.
class KYMO_API RegistrationError final : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

struct RegistryOptions {
  OnError on_error = kUsualOnError;
  /// Told of each registration error, in either mode, and once of each name or label key that is refused when
  /// something is recorded; called without a lock held. Empty: what nobody gets as an exception is a line on
  /// standard error, once for each.
  std::function<void(std::string_view message)> error_sink = {};
  std::size_t max_series_per_family = 2000;  ///< as OpenTelemetry's default cardinality limit
  std::size_t max_series = 1'000'000;        ///< of all families together
  std::size_t max_label_value_bytes = 1024;
  /// How long a Snapshot waits for one callback; for all of them together it waits five times as long. One
  /// that is late is left out of Snapshots until it returns, and counted by name in
  /// `kymo_callbacks_late_total`. 0: callbacks run on the thread that takes the Snapshot, which waits for
  /// them as long as it takes. At most 1 h.
  std::chrono::milliseconds callback_deadline{100};
};

/// Keeps a producer or a callback registered; ends the registration when destroyed. Then waits for a call
/// that is running (unless it is the callback itself that destroys it), so that what the callback refers to
/// may go afterwards. The wait has no limit: a callback that hangs may still use what it refers to. Where a
/// callback owns all that it uses, abandon() ends its registration without waiting.
class KYMO_API Registration final {
 public:
  class Slot;

  Registration() = default;
  explicit Registration(std::shared_ptr<Slot> slot) noexcept : slot_(std::move(slot)) {}
  Registration(Registration&&) noexcept = default;
  Registration& operator=(Registration&& other) noexcept;
  ~Registration() { end(); }

  /// As destruction. May be called twice.
  void end() noexcept;
  /// Ends it without waiting for a call that is running. Such a call goes on, and the callback is destroyed
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
  TextView name = "producer";  ///< of the callback, where it is late or hangs
  /// False: for code that never waits. It runs on the thread that takes the Snapshot, without the hand-over
  /// of some 20 us a Snapshot, and RegistryOptions::callback_deadline does not apply.
  bool has_deadline = true;
};

/// A callback that has passed its deadline and has not returned.
struct HangingCallback {
  std::string name;                 ///< the metric's, or ProducerOptions::name
  std::chrono::nanoseconds time{};  ///< since it was called
};

/// The families of one process (or one part of it), and the one place that Snapshots are taken from.
///
/// Registering: at start, once a name. A second registration of a name, also one that only looks the same in
/// a text format (`http.requests` and `http_requests`), is an error; so is a name that another metric's
/// samples have (`x_count` beside a histogram `x`). A name that a Collector recorded first is taken over with
/// its values, if it is the same kind of metric. The registry may be destroyed while handles live: they
/// go on recording safely, unread. Threads: any member from any thread. Recording, and looking up a series
/// that exists, never meet a lock of the registry; making series and taking Snapshots do, briefly. A forked
/// child counts from zero; gauges keep their values. Names: OpenTelemetry style
/// (`event.processing.duration`) or Prometheus style (`http_requests_total`); units in words ("seconds").
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

  /// A metric with labels: `family<Counter, "method", "code">(…)`; without keys, one whose labels are given
  /// at run time.
  template <class Instrument, LabelKey... Keys>
  Family<Instrument, Keys...> family(TextView name, TextView help,
                                     typename InstrumentTraits<Instrument>::Options options = {}) {
    FamilySpec spec = InstrumentTraits<Instrument>::spec(std::move(options));
    spec.dynamic_labels = sizeof...(Keys) == 0;
    (spec.label_keys.emplace_back(Keys.view()), ...);
    return Family<Instrument, Keys...>(add_family(name, help, std::move(spec)));
  }

  /// A value asked for when a Snapshot is taken. A callback that throws, or ends its thread, is counted in
  /// `kymo_producer_errors_total`, and its series is missing from that Snapshot; NaN likewise. Several
  /// registrations may share a name if kind, unit and help agree and labels differ. Threads: callbacks of a
  /// registry run one after the other, on a thread of the registry that blocks all signals; the thread that
  /// takes the Snapshot waits meanwhile, for RegistryOptions::callback_deadline.
  [[nodiscard]] Registration observe_gauge(TextView name, TextView help, std::function<double()> callback,
                                           const ObservedOptions& options = {});
  /// As observe_gauge, for a count that only grows.
  [[nodiscard]] Registration observe_counter(TextView name, TextView help, std::function<double()> callback,
                                             const ObservedOptions& options = {});
  /// Whole families made anew for each Snapshot: see Producer. Threads and errors: as observe_gauge.
  [[nodiscard]] Registration add_producer(Producer producer, const ProducerOptions& options = {});

  /// Everything at this instant. Cost: some 10 ns a series and thread; no recording thread is disturbed.
  /// Callbacks that hang hold it up for five times RegistryOptions::callback_deadline at most, once.
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot();

  /// Callbacks that are registered, were late for a Snapshot and have not returned since. Cost: a look at
  /// each callback. Threads: any; never waits for a callback.
  [[nodiscard]] std::vector<HangingCallback> hanging_callbacks() const;
  /// Whether the calling thread is inside a callback of this registry. A Snapshot that it takes then lacks
  /// that callback's figures. Cost and threads: as hanging_callbacks().
  [[nodiscard]] bool is_in_callback() const;

  /// Sets every instrument back to its beginning, and gives what it held up to then. A series is not shown
  /// again until something is recorded into it, and was created now; handles stay good. What other threads
  /// record meanwhile counts either in what is given back or afterwards, never twice and never not at all.
  /// Levels keep their value, since what is open stays open: those of an UpDownCounter or Gauge stay shown,
  /// a gauge's statistics begin anew; those recorded by name only are shown when recorded again. Producers
  /// are not asked.
  std::shared_ptr<const Snapshot> reset();
  /// Counters only, which stay there with 0.
  std::shared_ptr<const Snapshot> reset_counters();

  /// Series alive now, over all families; overflow series not among them.
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

/// A registry for a program that wants just one; made at the first call and never destroyed. Nothing in kymo
/// uses it unless told to.
[[nodiscard]] KYMO_API Registry& default_registry();

}  // namespace kymo::KYMO_ABI
