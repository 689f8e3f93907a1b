#pragma once

#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::query {

/// A store whose native histograms are also the classic series `_bucket`, `_sum` and `_count`.
///
/// The bounds are those that text formats show of the family. A count is exact where its bound is a border of
/// a bucket; else the buckets wholly below it count. Threads: any, as the store. The store must outlive this.
class ClassicView final : public series::SeriesReader {
 public:
  explicit ClassicView(const series::SeriesReader& store) noexcept : store_(store) {}

  /// Cost: that of the store, and of all labels of the histograms that fit the other matchers.
  [[nodiscard]] std::vector<series::SeriesRef> find(
      std::span<const series::Matcher> matchers, series::TimeRange range, const series::ReadLimit& limit = {},
      std::size_t most = std::numeric_limits<std::size_t>::max()) const override;
  /// A histogram is read once for its classic series, where these are opened one after another.
  [[nodiscard]] std::unique_ptr<series::SeriesScan> scan(series::ReadLimit limit = {}) const override;

 private:
  const series::SeriesReader& store_;
};

}  // namespace kymo::KYMO_ABI::query
