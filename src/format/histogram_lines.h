#pragma once

#include <span>
#include <string>
#include <vector>

#include <kymo/core/snapshot.h>

#include "bound_counts.h"
#include "dialect.h"
#include "line_writer.h"

namespace kymo::format {

/// Writes the series of one histogram family as classic histograms: cumulative buckets, `_sum` and `_count`.
class HistogramLines final {
 public:
  /// `family` outlives this.
  HistogramLines(const FamilySnapshot& family, Dialect dialect);

  void write(const Point& point, LineWriter& lines);

 private:
  [[nodiscard]] bool may_have_sum(const HistogramValue& histogram) const noexcept;
  void write_bucket(const Point& point, std::size_t index, std::uint64_t count, LineWriter& lines);
  [[nodiscard]] const Exemplar* take_exemplar(double bound);

  Dialect dialect_;
  std::span<const double> bounds_;
  BoundCounts counts_;
  std::vector<std::string> le_;  // `le="…"` of each bound, and of +Inf
  std::string bucket_name_;
  std::string sum_name_;
  std::string count_name_;
  std::span<const Exemplar> exemplars_left_;  // of the series being written, above the buckets written
};

}  // namespace kymo::format
