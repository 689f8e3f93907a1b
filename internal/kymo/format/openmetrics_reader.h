#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/series/past_sample.h>

namespace kymo::KYMO_ABI::format {

/// The first fault of a text.
struct TextFault {
  std::uint64_t line = 0;  ///< from 1 on
  std::string text;        ///< cause and remedy
};

/// Reads OpenMetrics text with times, in pieces of any size: all that write_openmetrics_past() writes.
///
/// A histogram's lines become one sample, with the bounds of its `le` labels. A number in whole digits stays
/// exact to 2^64 − 1, unless it is of a gauge and below 2^53. Exemplars are skipped. Memory: a line, some
/// labels, and one sample. Threads: one. Source: OpenMetrics 1.0; the form of native histograms: OpenMetrics
/// 2.0 (draft), "composite values".
class OpenMetricsReader final {
 public:
  /// Gets each sample in the order of the text, and returns the reason to refuse it, or an empty text.
  using Take = std::function<std::string(const series::PastSample&)>;

  explicit OpenMetricsReader(Take take);
  OpenMetricsReader(const OpenMetricsReader&) = delete;
  OpenMetricsReader& operator=(const OpenMetricsReader&) = delete;
  ~OpenMetricsReader();

  /// Reads the next piece, and the end of the text. After a fault nothing more may be read. Throw what `Take`
  /// throws, and `std::bad_alloc`.
  [[nodiscard]] std::optional<TextFault> read(std::string_view piece);
  [[nodiscard]] std::optional<TextFault> finish();

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI::format
