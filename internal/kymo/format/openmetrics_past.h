#pragma once

#include <functional>
#include <string_view>

#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::format {

/// Writes the samples of a store as OpenMetrics text with times, family by family, in pieces of some 64 KiB.
///
/// A histogram has the buckets of its family's text form, and +Inf. The quantiles, sum and count of a window
/// are families of their own, of type `unknown`. Marks of ended series, and payloads of NaN, have no text.
/// Returns the number of chunks that are damaged and therefore missing. Threads: any. Throws what `write`
/// throws, and `std::bad_alloc`. Cost: about 0.3 µs a number.
[[nodiscard]] std::uint64_t write_openmetrics_past(const series::SeriesReader& reader,
                                                   series::TimeRange range,
                                                   const std::function<void(std::string_view text)>& write);

}  // namespace kymo::KYMO_ABI::format
