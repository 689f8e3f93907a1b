#pragma once

#include <bit>
#include <cstdint>

#include <kymo/version.h>

/// Buckets for nanoseconds: one for each value up to 32, then 32 an octave. So the middle of a bucket is
/// within 1.6 % of any value in it. Source: the log-linear layout of HdrHistogram.
namespace kymo::KYMO_ABI::profile::buckets {

inline constexpr unsigned kBitsInOctave = 5;
inline constexpr std::uint32_t kInOctave = 1U << kBitsInOctave;
inline constexpr std::uint32_t kOctaves = 64 - kBitsInOctave;

[[nodiscard]] constexpr std::uint32_t index_of(std::uint64_t ns) noexcept {
  if (ns < kInOctave) return static_cast<std::uint32_t>(ns);
  const auto shift = static_cast<std::uint32_t>(std::bit_width(ns)) - 1 - kBitsInOctave;
  return (shift << kBitsInOctave) + static_cast<std::uint32_t>(ns >> shift);
}

[[nodiscard]] constexpr std::uint64_t lower_border(std::uint32_t index) noexcept {
  if (index < kInOctave) return index;
  const std::uint32_t shift = (index >> kBitsInOctave) - 1;
  return std::uint64_t{index - (shift << kBitsInOctave)} << shift;
}

[[nodiscard]] constexpr std::uint64_t middle(std::uint32_t index) noexcept {
  const std::uint32_t shift = index < kInOctave ? 0 : (index >> kBitsInOctave) - 1;
  return lower_border(index) + ((std::uint64_t{1} << shift) >> 1U);
}

}  // namespace kymo::KYMO_ABI::profile::buckets
