#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace voice {

/// Sum over `combine(a[i], b[i])`; `a` and `b` are of the same length.
///
/// Eight sums side by side: a compiler may not reorder one float sum, and so could not vectorize
/// it.
template <typename Combine>
[[nodiscard]] float sum_of(std::span<const float> a, std::span<const float> b, Combine combine) noexcept {
  constexpr std::size_t kLanes = 8;
  std::array<float, kLanes> sums{};
  std::size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += combine(a[i + lane], b[i + lane]);
    }
  }
  float total = 0;
  for (; i < a.size(); ++i) total += combine(a[i], b[i]);
  for (const float sum : sums) total += sum;
  return total;
}

[[nodiscard]] inline float dot_product(std::span<const float> a, std::span<const float> b) noexcept {
  return sum_of(a, b, [](float x, float y) { return x * y; });
}

[[nodiscard]] inline float squared_distance(std::span<const float> a, std::span<const float> b) noexcept {
  return sum_of(a, b, [](float x, float y) { return (x - y) * (x - y); });
}

}  // namespace voice
