#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/snapshot.h>
#include <kymo/series/bound_counts.h>
#include <kymo/series/sample_visitor.h>

#include "line_writer.h"

namespace kymo::KYMO_ABI::format {

/// Writes the series of one histogram family as classic histograms: cumulative buckets, `_sum` and `_count`.
class HistogramLines final {
 public:
  /// `family` outlives this.
  HistogramLines(const FamilySnapshot& family, Dialect dialect);

  /// Estimates the bytes of all series.
  [[nodiscard]] std::size_t expected_bytes() const;
  void write(const Point& point, LineWriter& lines);

 private:
  /// `le="…"} `, padded, because put_blocks() copies whole blocks.
  struct BoundText {
    std::array<char, 64> text{};
    std::size_t size = 0;
  };
  [[nodiscard]] static BoundText text_of(double bound);

  [[nodiscard]] bool may_have_sum(const HistogramValue& histogram) const noexcept;
  void begin_series(const Point& point);
  [[nodiscard]] std::size_t most_bytes(std::string_view labels) const noexcept;
  [[nodiscard]] char* put_bucket_head(char* at, std::size_t index) const noexcept;
  [[nodiscard]] char* put_buckets(char* at, std::span<const std::uint64_t> counts,
                                  std::uint64_t total) const noexcept;
  [[nodiscard]] char* put_buckets_with_exemplars(char* at, std::span<const std::uint64_t> counts,
                                                 std::uint64_t total);
  [[nodiscard]] const Exemplar* take_exemplar(double bound);

  const FamilySnapshot& family_;
  Dialect dialect_;
  std::span<const double> bounds_;
  series::BoundCounts counts_;
  std::vector<BoundText> le_;  // of each bound, and of +Inf
  std::string bucket_name_;
  std::string sum_name_;
  std::string count_name_;
  // Of the current series:
  std::vector<char> head_;  // start of each bucket's line, `name{labels,`, with room for a block more
  std::size_t head_size_ = 0;
  std::span<const Exemplar> exemplars_left_;  // of the buckets that are not written yet
};

/// Writes the series of one window family as summaries: quantiles of the window; `_sum` and `_count` since
/// the start.
class SummaryLines final {
 public:
  /// `family` outlives this.
  SummaryLines(const FamilySnapshot& family, Dialect dialect);

  void write(const Point& point, LineWriter& lines) const;

 private:
  Dialect dialect_;
  std::string_view name_;
  std::string sum_name_;
  std::string count_name_;
  std::array<std::string, series::kShownQuantiles.size()> quantiles_;  ///< `quantile="0.5"`
};

}  // namespace kymo::KYMO_ABI::format
