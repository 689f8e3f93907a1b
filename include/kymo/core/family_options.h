#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/counter.h>
#include <kymo/core/descriptor.h>
#include <kymo/core/detail/text_view.h>
#include <kymo/core/gauge.h>
#include <kymo/core/histogram.h>
#include <kymo/core/timing.h>
#include <kymo/core/window.h>

namespace kymo::KYMO_ABI {

/// Use the registry's limit.
inline constexpr std::size_t kRegistryLimit = std::numeric_limits<std::size_t>::max();

/// How many series a family may have and how long an idle one stays.
struct SeriesPolicy {
  /// Further series fall into one overflow series, `otel_metric_overflow="true"`, so that totals stay exact.
  std::size_t max_series = kRegistryLimit;
  /// A series expires if nobody holds a handle and its value has not changed for this long. Zero: never. At
  /// most 49 days; a longer time is a registration error.
  std::chrono::milliseconds expire_after{0};
};

enum class Exemplars : std::uint8_t { off, on };
enum class GaugeTracking : std::uint8_t { off, on };

/// Options of a family beside its name and help: one struct for each instrument. Each field has a sound
/// default.
struct CounterOptions {
  TextView unit = {};
  SeriesPolicy series = {};
  Exemplars exemplars = Exemplars::off;
};
struct UpDownCounterOptions {
  TextView unit = {};
  SeriesPolicy series = {};
};
struct GaugeOptions {
  TextView unit = {};
  SeriesPolicy series = {};
  GaugeTracking statistics = GaugeTracking::on;
};
struct HistogramOptions {
  TextView unit = {};
  SeriesPolicy series = {};
  Exemplars exemplars = Exemplars::off;
  /// `le` values that text formats show: exact, ascending, finite; each costs 8 bytes a series and thread.
  /// Percentiles come from exponential buckets regardless. Empty: `text_bounds`.
  std::vector<double> bounds = {};
  /// Refuses values below zero, and counts them. Always on without `bounds`.
  bool non_negative = false;
  /// `le` values that text formats show where `bounds` is empty; powers of two. Empty: the defaults for the
  /// unit.
  std::vector<double> text_bounds = {};
};
struct TimingOptions {
  SeriesPolicy series = {};
  Exemplars exemplars = Exemplars::off;
  /// Number of last durations to keep exactly; 0: none, which saves one shared addition a record.
  std::size_t recent = 100;
  std::vector<double> text_bounds = {};
};
struct WindowOptions {
  TextView unit = {};
  SeriesPolicy series = {};
  std::size_t capacity = 100;
};

/// All of the above in one form, for the registry.
struct KYMO_API FamilySpec {
  /// The content of a series' cells.
  enum class Storage : std::uint8_t { whole, floating, signed_whole, gauge, histogram, timing, window };

  Storage storage = Storage::whole;
  std::string name;
  std::string help;
  std::string unit;
  SeriesPolicy series;
  Exemplars exemplars = Exemplars::off;
  GaugeTracking statistics = GaugeTracking::off;
  std::size_t recent = 0;
  std::vector<double> bounds;
  bool non_negative = false;  ///< of a histogram with bounds
  std::vector<double> text_bounds;
  std::vector<std::string> label_keys;  ///< of a typed family; empty: none, or dynamic
  bool dynamic_labels = false;

  [[nodiscard]] Kind kind() const noexcept;
};

/// Maps an instrument to its options and its storage.
template <class Instrument>
struct InstrumentTraits;

template <>
struct KYMO_API InstrumentTraits<Counter> {
  using Options = CounterOptions;
  static FamilySpec spec(Options options);
};
template <>
struct KYMO_API InstrumentTraits<DoubleCounter> {
  using Options = CounterOptions;
  static FamilySpec spec(Options options);
};
template <>
struct KYMO_API InstrumentTraits<UpDownCounter> {
  using Options = UpDownCounterOptions;
  static FamilySpec spec(Options options);
};
template <>
struct KYMO_API InstrumentTraits<Gauge> {
  using Options = GaugeOptions;
  static FamilySpec spec(Options options);
};
template <>
struct KYMO_API InstrumentTraits<Histogram> {
  using Options = HistogramOptions;
  static FamilySpec spec(Options options);
};
template <>
struct KYMO_API InstrumentTraits<Timing> {
  using Options = TimingOptions;
  static FamilySpec spec(Options options);
};
template <>
struct KYMO_API InstrumentTraits<Window> {
  using Options = WindowOptions;
  static FamilySpec spec(Options options);
};

}  // namespace kymo::KYMO_ABI
