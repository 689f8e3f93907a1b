#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/query/expression.h>

namespace kymo::KYMO_ABI::query {

/// Kinds of warnings and infos, in the words of Prometheus. Source: Prometheus 3.14, `util/annotations`.
enum class Note : std::uint8_t {
  invalid_quantile,
  invalid_ratio,
  bad_bucket_label,
  mixed_range,
  mixed_aggregation,
  mixed_classic_native,
  not_counter,
  not_gauge,
  mixed_bounds,
  incompatible_buckets,
  sort_in_range_query,
  reset_conflict,
  start_overlap,
  possible_non_counter,
  possible_non_counter_type,
  forced_monotonicity,
  incompatible_types,
  ignored_in_aggregation,
  ignored_in_range,
  quantile_nan,
  quantile_skewed,
  fraction_nan,
  changed_bounds,
};

/// Corrections of classic histograms whose counts fall from bucket to bucket.
struct Monotonicity {
  double least_bucket = 0;
  double most_bucket = 0;
  double most_difference = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::uint64_t samples = 1;
};

/// The warnings and infos of one query, each once. Threads: one.
class Annotations final {
 public:
  /// `detail`: a name, a value or an operator, by kind.
  void add(Note note, Span span, std::string_view detail = {}, std::string_view more = {});
  /// Counts an occurrence more of start_overlap.
  void add_overlap(Span span, std::string_view metric);
  void add_monotonicity(Span span, std::string_view metric, const Monotonicity& one);

  /// The texts, ascending, with their positions in the query. At most a hundred of each kind.
  void write(std::string_view query, std::vector<std::string>& warnings,
             std::vector<std::string>& infos) const;

 private:
  struct Key {
    Note note;
    std::uint32_t at;
    std::string detail;
    std::string more;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Entry {
    std::uint64_t count = 0;
    Monotonicity monotonicity;
  };

  Entry& entry(Note note, Span span, std::string_view detail, std::string_view more = {});

  std::map<Key, Entry> entries_;
  Key last_{};  ///< a query adds the same one again and again
  Entry* last_entry_ = nullptr;
};

}  // namespace kymo::KYMO_ABI::query
