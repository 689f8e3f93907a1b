#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/core/descriptor.h>

namespace kymo::KYMO_ABI::terminal {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

/// The numbers kept of a series in each moment; the first is the main one. A histogram has count and sum; a
/// window has all but the sum.
enum class Field : std::uint8_t { value, sum, mean, p50, p95, p99 };
inline constexpr std::size_t kFields = 6;

/// Values of one field, one a moment of the timeline; NaN: unknown.
using Points = std::vector<double>;

/// The bucket of zeros, which no power of two holds.
inline constexpr std::int32_t kZeroBucket = -1'000'000;
/// The bucket below zero with the magnitudes of bucket `index`; sorts before all others, the largest first.
[[nodiscard]] constexpr std::int32_t negative_bucket(std::int32_t index) noexcept {
  return 2 * kZeroBucket - index;
}
/// Counts by bucket, ascending.
using Buckets = std::map<std::int32_t, double>;

/// Growth of each bucket of a histogram in a moment.
struct Growth {
  bool is_known = true;
  std::vector<std::pair<std::int32_t, double>> buckets;
};

struct Series {
  std::vector<std::pair<std::string, std::string>> labels;  ///< by key
  std::string label_text;                                   ///< for a person
  bool is_alive = true;
  std::vector<Points> columns;  ///< by Field, as many as the kind has; empty ones are not stored
  std::vector<Growth> growths;  ///< of a histogram
  Buckets totals;               ///< of a histogram, at its last reading
  bool has_totals = false;
  double least = kUnknown;  ///< ever recorded by a histogram
  double most = kUnknown;

  /// A field's values; empty where the kind has none.
  [[nodiscard]] const Points& column(Field field) const noexcept;
  [[nodiscard]] double last(Field field = Field::value) const noexcept;
  [[nodiscard]] const std::string* label(const std::string& key) const noexcept;
};

struct Family {
  std::string name;
  std::string plain_name;  ///< without dots and without `_total`, for comparing families
  Kind kind = Kind::gauge;
  std::string unit;
  std::map<std::string, Series> series;  ///< by labels

  /// True if the program itself registered the family, not kymo.
  [[nodiscard]] bool is_application() const noexcept;
};

/// The state of a server: its series with their last minutes. A value: a copy does not change.
struct World {
  std::string server;  ///< `kymo/0.1.0`
  double tick_seconds = 1;
  /// Time that rates and percentiles cover. 0: a tick for rates, ten seconds for percentiles.
  double covered_seconds = 0;
  double uptime_seconds = kUnknown;
  std::vector<double> times;  ///< Unix time of each moment, ascending
  std::map<std::string, Family> families;
  std::vector<double> restarts;    ///< Unix times of restarts, as far as moments are kept
  std::size_t omitted_series = 0;  ///< over the limit of kept series

  [[nodiscard]] double last_time() const noexcept { return times.empty() ? kUnknown : times.back(); }
  /// The first moment at or after a time.
  [[nodiscard]] std::size_t lower_bound(double time) const noexcept;
  /// The family of that plain name, or null.
  [[nodiscard]] const Family* find(std::string_view plain) const noexcept;
  [[nodiscard]] std::size_t alive_series() const noexcept;
  /// From the first moment to the last; 0 with less than two.
  [[nodiscard]] double known_seconds() const noexcept;
};

[[nodiscard]] std::string plain_name(std::string_view name);

}  // namespace kymo::KYMO_ABI::terminal
