#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::history {

/// The windows of the tiers, in milliseconds. A window begins behind a multiple of its length, and ends at
/// the next one, as ranges of PromQL do.
inline constexpr std::array<std::int64_t, 3> kTierWindows = {10'000, 300'000, 3'600'000};
inline constexpr std::size_t kTiers = kTierWindows.size();

/// The number of the window of a time.
[[nodiscard]] constexpr std::int64_t window_of(std::int64_t time_ms, std::int64_t window_ms) noexcept {
  const std::int64_t before = time_ms - 1;
  return before >= 0 ? before / window_ms : -((-before - 1) / window_ms) - 1;
}

/// The figures of a series in a tier. Each is a column of its own, in a block with the same figure of other
/// series.
enum class TierColumn : std::uint8_t { edges, least, greatest, sum, count };
inline constexpr std::size_t kTierColumns = 5;

/// The id of a column in a block: that of the series, and the column in these upper bits.
inline constexpr unsigned kTierColumnShift = 28;

[[nodiscard]] constexpr std::uint32_t tier_id(std::uint32_t series, TierColumn column) noexcept {
  return series | static_cast<std::uint32_t>(column) << kTierColumnShift;
}
[[nodiscard]] constexpr std::uint32_t series_of_tier_id(std::uint32_t id) noexcept {
  return id & ((1U << kTierColumnShift) - 1);
}

/// The column that answers a reader. Without a better one the edges do.
[[nodiscard]] constexpr TierColumn column_for(series::SampleUse use, series::SampleForm form) noexcept {
  using series::SampleUse;
  if (use == SampleUse::count) return TierColumn::count;
  if (form == series::SampleForm::histogram) return TierColumn::edges;
  if (use == SampleUse::least) return TierColumn::least;
  if (use == SampleUse::greatest) return TierColumn::greatest;
  return use == SampleUse::sum ? TierColumn::sum : TierColumn::edges;
}

/// Whether the columns of a tier give the reader the same as all samples, where its ranges fit the windows.
[[nodiscard]] constexpr bool is_exact_for(series::SampleUse use, series::SampleForm form) noexcept {
  using series::SampleUse;
  if (use == SampleUse::every) return false;
  return form == series::SampleForm::number || use == SampleUse::edges || use == SampleUse::count;
}

}  // namespace kymo::KYMO_ABI::history
