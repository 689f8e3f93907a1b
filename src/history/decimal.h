#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::history {

/// A value of a column that is no decimal number of the column's digits: −0, NaN, an infinity, a longer
/// number.
struct OddValue {
  std::uint32_t sample = 0;
  std::uint64_t bits = 0;

  friend bool operator==(const OddValue&, const OddValue&) = default;
};

inline constexpr unsigned kMostDigits = 12;

/// The integer whose division by 10^digits gives the double with exactly these bits.
[[nodiscard]] std::optional<std::uint64_t> integer_of(std::uint64_t bits, unsigned digits) noexcept;
/// The double of such an integer.
[[nodiscard]] std::uint64_t real_of(std::uint64_t integer, unsigned digits) noexcept;

/// The least number of digits after the point that most values of the column have, where there is one.
[[nodiscard]] std::optional<unsigned> digits_of(std::span<const std::uint64_t> bits) noexcept;

/// Writes each value's integer. An odd value gets the integer of the value before it, and an entry of `odd`.
/// False where so many are odd that other ways are better.
[[nodiscard]] bool to_integers(std::span<const std::uint64_t> bits, unsigned digits,
                               std::span<std::uint64_t> integers, std::vector<OddValue>& odd);
/// The way back, in place, without the odd values.
void to_reals(std::span<std::uint64_t> values, unsigned digits) noexcept;

}  // namespace kymo::KYMO_ABI::history
