#include "value_pack.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace kymo::KYMO_ABI::history {
namespace {

/// The first byte of a pack. From kDecimal on: differences of the values times 10^(code − kDecimal).
constexpr std::uint8_t kUnchanged = 0;
constexpr std::uint8_t kDifferences = 1;
constexpr std::uint8_t kXor = 2;
constexpr std::uint8_t kDecimal = 3;

constexpr std::array<double, 10> kPowersOf10 = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
constexpr double kMostExact = 4503599627370496.0;  // 2^52
constexpr unsigned kHalf = 32;

using PackValues = std::array<std::uint64_t, kMostPackValues>;

std::uint8_t* put_bits(std::uint8_t* out, std::span<const std::uint64_t> values, unsigned width) noexcept {
  std::uint64_t pending = 0;
  unsigned filled = 0;
  const auto put = [&](std::uint64_t bits, unsigned size) {
    pending |= bits << filled;
    for (filled += size; filled >= 8; filled -= 8, pending >>= 8U)
      *out++ = static_cast<std::uint8_t>(pending);
  };
  for (const std::uint64_t value : values) {
    put(value & 0xffffffffU, std::min(width, kHalf));
    if (width > kHalf) put(value >> kHalf, width - kHalf);
  }
  if (filled != 0) *out++ = static_cast<std::uint8_t>(pending);
  return out;
}

/// Up to 32 bits at a place.
std::uint64_t bits_at(const std::uint8_t* in, std::size_t place, unsigned width) noexcept {
  std::uint64_t word = 0;
  for (unsigned i = 0; i < 5; ++i) word |= std::uint64_t{in[place / 8 + i]} << (8 * i);
  return (word >> (place % 8)) & ((std::uint64_t{1} << width) - 1);
}

const std::uint8_t* get_bits(const std::uint8_t* in, std::span<std::uint64_t> values,
                             unsigned width) noexcept {
  std::size_t place = 0;
  const unsigned low = std::min(width, kHalf);
  for (std::uint64_t& value : values) {
    value = bits_at(in, place, low);
    if (width > kHalf) value |= bits_at(in, place + kHalf, width - kHalf) << kHalf;
    place += width;
  }
  return in + (place + 7) / 8;
}

/// The number times a power of ten as an integer; 0 where there is no exact one.
std::uint64_t scaled(std::uint64_t bits, unsigned exponent) noexcept {
  const double product = std::bit_cast<double>(bits) * kPowersOf10[exponent];
  if (!(std::fabs(product) < kMostExact)) return 0;
  return static_cast<std::uint64_t>(std::llrint(product));
}
std::uint64_t unscaled(std::uint64_t number, unsigned exponent) noexcept {
  return std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(number)) /
                                      kPowersOf10[exponent]);
}

/// The least exponent at which all values are integers, with these; none: the count of exponents.
unsigned find_decimal(std::span<const std::uint64_t> values, std::span<std::uint64_t> numbers) noexcept {
  unsigned exponent = 0;
  for (std::size_t i = 0; i < values.size() && exponent < kPowersOf10.size();) {
    numbers[i] = scaled(values[i], exponent);
    if (unscaled(numbers[i], exponent) == values[i]) {
      ++i;
    } else {
      ++exponent;
      i = 0;
    }
  }
  return exponent;
}

std::size_t put_differences(std::uint8_t code, std::span<const std::uint64_t> values, std::uint64_t before,
                            std::uint8_t* out) noexcept {
  PackValues coded{};
  auto least = std::numeric_limits<std::int64_t>::max();
  auto most = std::numeric_limits<std::int64_t>::min();
  for (std::size_t i = 0; i < values.size(); ++i) {
    coded[i] = values[i] - before;
    before = values[i];
    least = std::min(least, static_cast<std::int64_t>(coded[i]));
    most = std::max(most, static_cast<std::int64_t>(coded[i]));
  }
  const auto base = static_cast<std::uint64_t>(least);
  const auto width = static_cast<unsigned>(std::bit_width(static_cast<std::uint64_t>(most) - base));
  for (std::size_t i = 0; i < values.size(); ++i) coded[i] -= base;
  std::uint8_t* at = out;
  *at++ = code;
  *at++ = static_cast<std::uint8_t>(width);
  at = put_varint(at, zigzag(base));
  return static_cast<std::size_t>(put_bits(at, std::span(coded).first(values.size()), width) - out);
}

std::size_t put_xor(std::span<const std::uint64_t> values, std::uint64_t before, std::uint8_t* out) noexcept {
  PackValues coded{};
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    coded[i] = values[i] ^ before;
    before = values[i];
    all |= coded[i];
  }
  const auto shift = static_cast<unsigned>(std::countr_zero(all)) % 64;
  for (std::size_t i = 0; i < values.size(); ++i) coded[i] >>= shift;
  const auto width = static_cast<unsigned>(std::bit_width(all >> shift));
  std::uint8_t* at = out;
  *at++ = kXor;
  *at++ = static_cast<std::uint8_t>(width);
  *at++ = static_cast<std::uint8_t>(shift);
  return static_cast<std::size_t>(put_bits(at, std::span(coded).first(values.size()), width) - out);
}

}  // namespace

std::uint8_t* put_varint(std::uint8_t* at, std::uint64_t number) noexcept {
  for (; number >= 0x80; number >>= 7U) *at++ = static_cast<std::uint8_t>(number | 0x80U);
  *at++ = static_cast<std::uint8_t>(number);
  return at;
}

const std::uint8_t* get_varint(const std::uint8_t* at, std::uint64_t& number) noexcept {
  number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint64_t byte = *at++;
    number |= (byte & 0x7fU) << shift;
    if (byte < 0x80) break;
  }
  return at;
}

std::size_t put_pack(std::span<const std::uint64_t> values, std::uint64_t before, ColumnKind kind,
                     std::uint8_t* out) noexcept {
  if (std::ranges::all_of(values, [before](std::uint64_t value) { return value == before; })) {
    *out = kUnchanged;
    return 1;
  }
  if (kind == ColumnKind::integer) return put_differences(kDifferences, values, before, out);
  const std::size_t size = put_xor(values, before, out);
  PackValues numbers{};
  const auto found = std::span(numbers).first(values.size());
  const unsigned exponent = find_decimal(values, found);
  if (exponent == kPowersOf10.size()) return size;
  std::array<std::uint8_t, kMostPackBytes> decimal{};
  const std::size_t decimal_size = put_differences(static_cast<std::uint8_t>(kDecimal + exponent), found,
                                                   scaled(before, exponent), decimal.data());
  if (decimal_size >= size) return size;
  std::memcpy(out, decimal.data(), decimal_size);
  return decimal_size;
}

const std::uint8_t* get_pack(const std::uint8_t* at, std::uint64_t before,
                             std::span<std::uint64_t> values) noexcept {
  const std::uint8_t code = *at++;
  if (code == kUnchanged) {
    std::ranges::fill(values, before);
    return at;
  }
  const unsigned width = *at++;
  if (code == kXor) {
    const unsigned shift = *at++;
    at = get_bits(at, values, width);
    for (std::uint64_t& value : values) before = value = (value << shift) ^ before;
    return at;
  }
  const unsigned exponent = code == kDifferences ? 0 : code - kDecimal;
  if (code != kDifferences) before = scaled(before, exponent);
  std::uint64_t base = 0;
  at = get_varint(at, base);
  base = from_zigzag(base);
  at = get_bits(at, values, width);
  for (std::uint64_t& value : values) before = value += base + before;
  if (code != kDifferences) {
    for (std::uint64_t& value : values) value = unscaled(value, exponent);
  }
  return at;
}

}  // namespace kymo::KYMO_ABI::history
