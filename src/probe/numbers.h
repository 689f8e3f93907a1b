#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// Writes the number to the front of `out`, which has room, most significant byte first.
template <std::unsigned_integral Number>
void put_big_endian(std::span<std::byte> out, Number number) noexcept {
  for (std::size_t i = sizeof(Number); i-- > 0;) {
    out[i] = static_cast<std::byte>(number & 0xFFU);
    if constexpr (sizeof(Number) > 1) number = static_cast<Number>(number >> 8U);
  }
}

/// Reads such a number from the front of `in`, which is long enough.
template <std::unsigned_integral Number>
[[nodiscard]] Number get_big_endian(std::span<const std::byte> in) noexcept {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i) {
    if constexpr (sizeof(Number) > 1) number = static_cast<Number>(number << 8U);
    number = static_cast<Number>(number | std::to_integer<Number>(in[i]));
  }
  return number;
}

/// A number that no outsider can guess; never 0.
[[nodiscard]] inline std::uint64_t draw_secret() {
  std::random_device device;
  const std::uint64_t high = device();
  return (high << 32U | device()) | 1U;
}

}  // namespace kymo::KYMO_ABI::probe
