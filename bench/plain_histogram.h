#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

/// An exponential histogram that serves one thread and is never read: what any must do at least. 64 buckets
/// an octave, whose numbers come from the bits of the double and a table, and count, sum, minimum and
/// maximum.
class PlainHistogram final {
 public:
  static constexpr int kBucketsPerOctave = 64;
  static constexpr int kMinExponent = -40;
  static constexpr int kMaxExponent = 44;

  struct OctaveTable {
    OctaveTable() {
      for (std::size_t i = 0; i <= kBucketsPerOctave; ++i)
        border[i] = static_cast<std::uint64_t>((std::exp2(static_cast<double>(i) / 64) - 1) * 0x1p52);
      for (std::size_t part = 0, bucket = 0; part < first_bucket.size(); ++part) {
        while (border[bucket + 1] <= std::uint64_t{part} << 45U) ++bucket;
        first_bucket[part] = static_cast<std::uint8_t>(bucket);
      }
    }
    std::array<std::uint64_t, kBucketsPerOctave + 1> border{};
    std::array<std::uint8_t, 128> first_bucket{};
  };

  void record(double value, const OctaveTable& table) noexcept {
    if (!(value > 0x1p-40 && value < 0x1p44)) return;
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(value) - 1;
    const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52U) - 1);
    const int exponent = static_cast<int>(bits >> 52U) - 1023;
    std::size_t in_octave = table.first_bucket[fraction >> 45U];
    in_octave += fraction >= table.border[in_octave + 1] ? 1U : 0U;
    ++bucket_[static_cast<std::size_t>(exponent - kMinExponent) * kBucketsPerOctave + in_octave];
    ++count_;
    sum_ += value;
    if (value < min_) min_ = value;
    if (value > max_) max_ = value;
  }

 private:
  std::array<std::uint64_t, (kMaxExponent - kMinExponent) * kBucketsPerOctave> bucket_{};
  std::uint64_t count_ = 0;
  double sum_ = 0;
  double min_ = std::numeric_limits<double>::infinity();
  double max_ = -std::numeric_limits<double>::infinity();
};

}  // namespace kymo::KYMO_ABI::bench
