#include <kymo/base/parse_number.h>

#include <gtest/gtest.h>

#include <cstdint>

namespace kymo::KYMO_ABI::base {
namespace {

TEST(ParseNumber, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65'535);
  EXPECT_EQ(parse_number<std::uint16_t>("65536"), std::nullopt);
  EXPECT_EQ(parse_number<int>("-7"), -7);
  EXPECT_EQ(parse_number<double>("2.5"), 2.5);
  for (const char* other : {"", " 1", "1 ", "1x", "+1", "-1", "0x1"}) {
    EXPECT_EQ(parse_number<std::uint16_t>(other), std::nullopt) << other;
  }
  EXPECT_EQ(parse_number<int>(std::string_view("123", 2)), 12) << "it must not read beyond the end";
}

TEST(ParseNumber, TakesABaseOrAForm) {
  EXPECT_EQ(parse_number<std::uint64_t>("fF", 16), 255U);
  EXPECT_EQ(parse_number<double>("1e3", std::chars_format::fixed), std::nullopt);
  EXPECT_EQ(parse_number<double>("1e3", std::chars_format::scientific), 1000);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::base
