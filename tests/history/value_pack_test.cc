#include "src/history/value_pack.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace kymo::KYMO_ABI::history {
namespace {

std::size_t size_of(const std::vector<std::uint64_t>& values, std::uint64_t before, ColumnKind kind) {
  std::array<std::uint8_t, kMostPackBytes + 8> bytes{};
  const std::size_t size = put_pack(values, before, kind, bytes.data());
  EXPECT_LE(size, kMostPackBytes);
  std::vector<std::uint64_t> read(values.size());
  EXPECT_EQ(get_pack(bytes.data(), before, read) - bytes.data(), static_cast<std::ptrdiff_t>(size));
  EXPECT_EQ(read, values);
  return size;
}

std::vector<std::uint64_t> bits_of(const std::vector<double>& values) {
  std::vector<std::uint64_t> bits;
  for (const double value : values) bits.push_back(std::bit_cast<std::uint64_t>(value));
  return bits;
}

rc::Gen<std::uint64_t> any_bits() {
  return rc::gen::oneOf(
      rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange<std::uint64_t>(0, 1000),
      rc::gen::element(~std::uint64_t{0}, std::uint64_t{1} << 63U, std::bit_cast<std::uint64_t>(-0.0),
                       std::uint64_t{0x7ff0000000000002}, std::uint64_t{0x7ff8000000000001}),
      rc::gen::map(rc::gen::inRange(-100'000, 100'000),
                   [](int number) { return std::bit_cast<std::uint64_t>(number / 100.0); }));
}

RC_GTEST_PROP(ValuePack, GivesEveryBitBack, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(1, kMostPackValues + 1);
  const auto values = *rc::gen::container<std::vector<std::uint64_t>>(size, any_bits());
  const std::uint64_t before = *any_bits();
  RC_ASSERT(size_of(values, before, ColumnKind::integer) > 0);
  RC_ASSERT(size_of(values, before, ColumnKind::real) > 0);
}

TEST(ValuePack, IsSmallForUsualValues) {
  EXPECT_EQ(size_of({7, 7, 7, 7}, 7, ColumnKind::integer), 1U);
  EXPECT_EQ(size_of({10, 20, 30, 40}, 0, ColumnKind::integer), 3U);
  EXPECT_EQ(size_of({10, 21, 30, 41}, 0, ColumnKind::integer), 4U);
  EXPECT_LE(size_of(bits_of({1, 2, 3, 4}), 0, ColumnKind::real), 4U);
  EXPECT_LE(size_of(bits_of({0.25, 0.26, 0.24, 0.25}), std::bit_cast<std::uint64_t>(0.25), ColumnKind::real),
            5U);
}

TEST(ValuePack, TakesTheLargestDifferences) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63U;
  size_of({0, kMost, 0, kHalf, 1, kHalf + 1, kMost}, kMost, ColumnKind::integer);
  size_of({0, kMost, 0, kHalf, 1}, 0, ColumnKind::real);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::history
