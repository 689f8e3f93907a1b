#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::history {

/// The way from values to codes with the fewest bits, as a sample of the column shows it.
struct CodeChoice {
  unsigned order = 0;
  bool is_zigzag = false;
  std::uint64_t centre = 0;
};

[[nodiscard]] CodeChoice choose_code(std::span<const std::uint64_t> values);

/// Compares as signed numbers.
[[nodiscard]] constexpr bool is_signed_less(std::uint64_t a, std::uint64_t b) noexcept {
  return static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b);
}

/// The number of codes of each length in bits.
using LengthCounts = std::array<std::uint32_t, 65>;

/// The width at which the codes and the exceptions together take the fewest bits.
[[nodiscard]] unsigned choose_width(const LengthCounts& lengths);

}  // namespace kymo::KYMO_ABI::history
