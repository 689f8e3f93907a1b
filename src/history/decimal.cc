#include "decimal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace kymo::KYMO_ABI::history {
namespace {

// Up to here each integer is a double, and so is each power of ten.
constexpr double kMostInteger = 9007199254740992.0;  // 2^53
constexpr std::array<double, kMostDigits + 1> kPowers = {1e0, 1e1, 1e2, 1e3,  1e4,  1e5, 1e6,
                                                         1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
// Values of a column that are tried with each number of digits.
constexpr std::size_t kTried = 8;
// One odd value in as many as this costs about as much as decimals save.
constexpr std::size_t kOddShare = 16;

std::size_t spread(std::size_t i, std::size_t count) {
  return count <= kTried ? i : i * (count - 1) / (kTried - 1);
}

}  // namespace

std::optional<std::uint64_t> integer_of(std::uint64_t bits, unsigned digits) noexcept {
  const auto value = std::bit_cast<double>(bits);
  const double product = value * kPowers[digits];
  if (!(std::abs(product) < kMostInteger)) return std::nullopt;
  const auto integer = static_cast<std::int64_t>(product + std::copysign(0.5, product));
  const double back = static_cast<double>(integer) / kPowers[digits];
  if (std::bit_cast<std::uint64_t>(back) != bits) return std::nullopt;
  return static_cast<std::uint64_t>(integer);
}

std::uint64_t real_of(std::uint64_t integer, unsigned digits) noexcept {
  return std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(integer)) /
                                      kPowers[digits]);
}

std::optional<unsigned> digits_of(std::span<const std::uint64_t> bits) noexcept {
  const std::size_t tried = std::min(kTried, bits.size());
  unsigned digits = 0;
  std::size_t odd = 0;
  for (std::size_t i = 0; i < tried; ++i) {
    const std::uint64_t value = bits[spread(i, bits.size())];
    unsigned needed = digits;
    while (needed <= kMostDigits && !integer_of(value, needed)) ++needed;
    if (needed <= kMostDigits)
      digits = needed;
    else if (++odd * 4 > tried)
      return std::nullopt;
  }
  return odd < tried ? std::optional(digits) : std::nullopt;
}

bool to_integers(std::span<const std::uint64_t> bits, unsigned digits, std::span<std::uint64_t> integers,
                 std::vector<OddValue>& odd) {
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (const auto integer = integer_of(bits[i], digits)) {
      before = *integer;
    } else {
      if (odd.size() * kOddShare > bits.size()) return false;
      odd.push_back({static_cast<std::uint32_t>(i), bits[i]});
    }
    integers[i] = before;
  }
  return true;
}

void to_reals(std::span<std::uint64_t> values, unsigned digits) noexcept {
  const double power = kPowers[digits];
  for (std::uint64_t& value : values)
    value = std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(value)) / power);
}

}  // namespace kymo::KYMO_ABI::history
