#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::format {

/// The form of a text of the past.
enum class PastForm : std::uint8_t {
  openmetrics,  ///< OpenMetrics 1.0, for any reader: histograms have the buckets of their family's text form
  /// Loses nothing, for OpenMetricsReader: native histograms as composite values of OpenMetrics 2.0 (draft),
  /// starts of counts as `st@`, marks of ended series as `stale`, the bits of each other NaN, and a line
  /// `# BOUNDS` for each family of histograms.
  exact,
};

/// Writes the samples of a store as OpenMetrics text with times, family by family, in pieces of some 64 KiB.
///
/// The quantiles, sum and count of a window are families of their own, of type `unknown`. A created time is
/// written where it changes. Returns the number of chunks that are damaged and therefore missing. Threads:
/// any. Throws what `write` throws, and `std::bad_alloc`. Cost: about 0.3 µs a number.
[[nodiscard]] std::uint64_t write_openmetrics_past(const series::SeriesReader& reader,
                                                   series::TimeRange range, PastForm form,
                                                   const std::function<void(std::string_view text)>& write);

}  // namespace kymo::KYMO_ABI::format
