// CRC-32C: values of RFC 3720, and both ways of computing it agree.
#include <kymo/base/crc32c.h>

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace {

using kymo::base::crc32c;
using kymo::base::crc32c_by_table;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(Crc32c, HasTheValuesOfTheStandard) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32)), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::vector<std::byte>(32, std::byte{0xff})), 0x62a8ab43U);
  EXPECT_EQ(crc32c({}), 0U);
}

TEST(Crc32c, IsTheSameByTableAndInParts) {
  std::vector<std::byte> bytes;
  for (unsigned i = 0; i < 100; ++i) {
    const auto all = std::span<const std::byte>(bytes);
    EXPECT_EQ(crc32c(all), crc32c_by_table(all));
    EXPECT_EQ(crc32c(all.subspan(i / 2), crc32c(all.first(i / 2))), crc32c(all));
    bytes.push_back(static_cast<std::byte>(i * 37 + 11));
  }
}

}  // namespace
