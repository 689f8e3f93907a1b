#pragma once

#include <array>
#include <string>
#include <string_view>

#include <kymo/core/snapshot.h>
#include <kymo/series/sample_visitor.h>

#include "dialect.h"
#include "line_writer.h"

namespace kymo::KYMO_ABI::format {

/// Writes the series of one window family as summaries: quantiles of the window, `_sum` and `_count` of all.
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
