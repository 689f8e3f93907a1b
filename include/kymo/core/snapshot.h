#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/core/descriptor.h>
#include <kymo/core/histogram_value.h>
#include <kymo/core/labels.h>

namespace kymo::KYMO_ABI {

/// A recorded number. A whole count stays exact to 2^64 - 1.
using Number = std::variant<std::uint64_t, std::int64_t, double>;

/// The number as a double; exact up to 2^53.
[[nodiscard]] KYMO_API double to_double(const Number& number) noexcept;

/// Exact statistics over every value that a gauge was set to, without NaN. With one kind of infinity among
/// them the mean is that infinity; with both it is NaN.
struct GaugeStatistics {
  std::uint64_t count = 0;
  double min = 0;
  double max = 0;
  double mean = 0;
  std::chrono::system_clock::time_point last_update;
};

/// The last N values of a window, and totals over all values.
struct KYMO_API WindowValue {
  std::uint64_t total_count = 0;  ///< ever recorded
  double total_sum = 0;           ///< over all recorded values
  std::vector<double> sorted;     ///< the last N values, ascending

  /// Of the values in the window; 0 while it is empty.
  [[nodiscard]] double mean() const noexcept;
  /// Nearest-rank quantile of the values in the window, exact; NaN while it is empty.
  [[nodiscard]] double quantile(double q) const noexcept;
};

/// One measured event as a sample of many, with the trace it belongs to (OpenMetrics 1.0, "Exemplars").
struct Exemplar {
  std::string labels;  ///< rendered as in LabelsView, e.g. `trace_id="4bf9…"`; 128 characters at most
  double value = 0;
  std::chrono::system_clock::time_point time;
};

/// One series at one instant.
struct Point {
  LabelsView labels;
  std::chrono::system_clock::time_point created;     ///< start of the count: creation, or the last reset
  Number number;                                     ///< counter, up_down_counter, gauge
  const HistogramValue* histogram = nullptr;         ///< histogram
  const WindowValue* window = nullptr;               ///< window, and a timing's recent values
  const GaugeStatistics* gauge = nullptr;            ///< gauge with statistics on
  bool is_unset = false;                             ///< a gauge that nobody has set yet; its number is 0
  const std::vector<Exemplar>* exemplars = nullptr;  ///< null or not empty; ascending by value for histograms
};

class Series;

/// Keeps one series' labels alive; the registry, a family's list and every Snapshot share them.
class KYMO_API SeriesPtr final {
 public:
  SeriesPtr() = default;
  /// Takes over one reference.
  explicit SeriesPtr(const Series* adopted) noexcept : series_(adopted) {}
  SeriesPtr(const SeriesPtr& other) noexcept;
  SeriesPtr(SeriesPtr&& other) noexcept : series_(std::exchange(other.series_, nullptr)) {}
  SeriesPtr& operator=(SeriesPtr other) noexcept {
    std::swap(series_, other.series_);
    return *this;
  }
  ~SeriesPtr();

  [[nodiscard]] const Series* get() const noexcept { return series_; }
  [[nodiscard]] LabelsView labels() const noexcept;
  [[nodiscard]] std::chrono::system_clock::time_point created() const noexcept;

 private:
  const Series* series_ = nullptr;
};

/// The values of a family as columns, in the order of `series`. Only its kind's columns are filled.
struct FamilyColumns {
  enum class NumberType : std::uint8_t { unsigned_integer, signed_integer, floating };

  std::shared_ptr<const Descriptor> descriptor;
  std::shared_ptr<const std::vector<SeriesPtr>> series;
  /// `le` bounds that text formats write for a histogram: powers of two, or the user's; ascending, without
  /// +Inf.
  std::shared_ptr<const std::vector<double>> text_bounds;
  NumberType number_type = NumberType::floating;
  /// The start of each count, where a reset made it later than its series; else empty.
  std::vector<std::chrono::system_clock::time_point> created;
  std::vector<std::uint64_t> numbers;  ///< bit patterns of `number_type`
  std::vector<HistogramValue> histograms;
  std::shared_ptr<const void> histogram_memory;  ///< memory of their buckets; a copy of one has its own
  std::vector<WindowValue> windows;
  std::vector<GaugeStatistics> gauges;
  std::vector<bool> unset;  ///< for registered gauges: true until the first set()
  std::vector<std::vector<Exemplar>> exemplars;
};

/// All series of one metric family at one instant. Immutable; threads: any.
class KYMO_API FamilySnapshot final {
 public:
  explicit FamilySnapshot(FamilyColumns columns) noexcept : columns_(std::move(columns)) {}

  [[nodiscard]] const Descriptor& descriptor() const noexcept { return *columns_.descriptor; }
  [[nodiscard]] std::size_t size() const noexcept { return columns_.series->size(); }
  [[nodiscard]] bool empty() const noexcept { return columns_.series->empty(); }
  [[nodiscard]] Point point(std::size_t index) const noexcept;
  [[nodiscard]] const std::vector<double>& text_bounds() const noexcept;
  /// The arrays themselves, for writers of a million series.
  [[nodiscard]] const FamilyColumns& columns() const noexcept { return columns_; }
  /// The series that has exactly these labels (any order), or nothing. Cost: a walk over the family.
  [[nodiscard]] std::optional<Point> find(Labels labels = {}) const;

 private:
  FamilyColumns columns_;
};

/// Everything in a registry at one instant: the source of each output.
///
/// Immutable and shared: hold it as `std::shared_ptr<const Snapshot>` for as long as needed; it disturbs no
/// writer. Threads: any.
struct KYMO_API Snapshot {
  std::chrono::system_clock::time_point time;  ///< when it was taken
  std::chrono::nanoseconds uptime{};           ///< of the registry, by the monotonic clock
  std::vector<FamilySnapshot> families;        ///< ascending by `family_name`, each once

  /// Finds a family by registered or Prometheus name (with or without `_total`); null where there is none.
  [[nodiscard]] const FamilySnapshot* find(std::string_view name) const noexcept;
  /// One series of a family, or nothing.
  [[nodiscard]] std::optional<Point> find(std::string_view name, Labels labels) const;
  [[nodiscard]] std::optional<Point> find(std::string_view name, std::initializer_list<Label> labels) const {
    return find(name, Labels(labels.begin(), labels.size()));
  }
};

}  // namespace kymo::KYMO_ABI
