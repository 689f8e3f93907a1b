#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <kymo/series/series_reader.h>

#include "segment.h"
#include "store_impl.h"
#include "tier.h"

namespace kymo::KYMO_ABI::history {

/// Chooses among the samples of a series and its tiers, so that each time is read once: the longest windows
/// that give the reader the same as all samples, then all samples, then shorter windows before longer ones.
class TierChoice final {
 public:
  TierChoice(series::TimeRange range, const series::ReadWish& wish, series::SampleForm form);

  /// `id`: of the series, in that file.
  void add_tier(const Segment& file, std::uint32_t id);
  /// Adds the chosen blocks to the parts, which have all samples of the range, and limits these.
  void choose(SeriesParts& parts);

 private:
  /// The time from the first to the last sample of what was chosen so far.
  struct Reach {
    std::int64_t first_ms = 0;
    std::int64_t last_ms = 0;
    bool is_any = false;

    void add(std::int64_t from_ms, std::int64_t to_ms) noexcept;
  };
  void take_samples(SeriesParts& parts);
  void take(std::vector<StoredBlock>& blocks);

  const series::TimeRange range_;
  const TierColumn column_;
  const series::SampleUse use_;
  std::size_t exact_ = kTiers;  ///< the tier that is read before all samples; kTiers: none
  std::array<std::vector<StoredBlock>, kTiers> tiers_;
  std::vector<StoredBlock> chosen_;
  Reach reach_;
};

}  // namespace kymo::KYMO_ABI::history
