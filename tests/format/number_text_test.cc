#include "src/format/line_writer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include <kymo/format/iso_time.h>

namespace kymo::KYMO_ABI::format {
namespace {

using Limits = std::numeric_limits<double>;

template <class Number>
std::string text(Number number) {
  char buffer[kMaxNumberBytes];
  return {buffer, put_number(buffer, number)};
}

std::string canonical(double number) {
  char buffer[kMaxNumberBytes];
  return {buffer, put_canonical(buffer, number)};
}

TEST(NumberText, KeepsWholeNumbersExact) {
  EXPECT_EQ(text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(text((std::uint64_t{1} << 53U) + 1), "9007199254740993");
}

TEST(NumberText, SpellsWhatIsNotFiniteAsTheTextFormatsDo) {
  EXPECT_EQ(text(Limits::quiet_NaN()), "NaN");
  EXPECT_EQ(text(-Limits::quiet_NaN()), "NaN");
  EXPECT_EQ(text(Limits::infinity()), "+Inf");
  EXPECT_EQ(text(-Limits::infinity()), "-Inf");
}

TEST(NumberText, WritesDoublesShortAndWholeOnesPlain) {
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(1e6), "1000000");
  EXPECT_EQ(text(-0x1p53), "-9007199254740992");
  EXPECT_EQ(text(-0.0), "-0.0");
  EXPECT_EQ(text(Limits::denorm_min()), "5e-324");
}

RC_GTEST_PROP(NumberText, EveryFiniteDoubleReadsBackToTheSameBits, (std::uint64_t bits)) {
  const auto number = std::bit_cast<double>(bits);
  RC_PRE(std::isfinite(number));
  RC_ASSERT(std::bit_cast<std::uint64_t>(std::strtod(text(number).c_str(), nullptr)) == bits);
  RC_ASSERT(std::bit_cast<std::uint64_t>(std::strtod(canonical(number).c_str(), nullptr)) == bits);
  RC_ASSERT(text(number).size() <= kMaxNumberBytes);
}

// The examples of the specification, OpenMetrics 1.0, "Considerations: Canonical Numbers".
TEST(NumberText, WritesBoundsInCanonicalForm) {
  for (const char* number :
       {"0.0", "0.001", "0.002", "0.01",  "0.1",   "0.9",    "0.95",     "0.99",  "0.999", "1.0",
        "1.7", "10.0",  "1e-10", "1e-09", "1e-05", "0.0001", "100000.0", "1e+06", "1e+10", "+Inf"}) {
    EXPECT_EQ(canonical(std::strtod(number, nullptr)), number);
  }
  EXPECT_EQ(canonical(1048576), "1.048576e+06");
  EXPECT_EQ(canonical(-2), "-2.0");
  EXPECT_EQ(canonical(1e300), "1e+300");
}

TEST(NumberText, WritesTimesWithMilliseconds) {
  using namespace std::chrono;
  const auto unix_time = [](milliseconds since) {
    char buffer[kMaxNumberBytes];
    return std::string(buffer, put_unix_time(buffer, system_clock::time_point(since)));
  };
  EXPECT_EQ(unix_time(1520430000007ms), "1520430000.007");
  EXPECT_EQ(unix_time(0ms), "0.000");
  EXPECT_EQ(unix_time(-1500ms), "-1.5");
}

TEST(IsoTime, IsUtcWithMilliseconds) {
  using namespace std::chrono;
  EXPECT_EQ(iso_time(system_clock::time_point()), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso_time(sys_days(year(2024) / February / 29) + 23h + 59min + 59s + 999999us),
            "2024-02-29T23:59:59.999Z");
  EXPECT_EQ(iso_time(system_clock::time_point(-1ms)), "1969-12-31T23:59:59.999Z");
}

TEST(IsoTime, IsReadWithAnyOffset) {
  using namespace std::chrono;
  const auto day = sys_days(year(2024) / February / 29);
  for (const char* text : {"2024-02-29T23:59:59.999Z", "2024-02-29t23:59:59.999999999z",
                           "2024-03-01T01:29:59.999+01:30", "2024-02-29T18:59:59.999-05:00"}) {
    EXPECT_EQ(parse_iso_time(text), day + 23h + 59min + 59s + 999ms) << text;
  }
  EXPECT_EQ(parse_iso_time("2024-02-29T00:00:00.5Z"), day + 500ms);
  EXPECT_EQ(parse_iso_time("0000-01-01T00:00:00Z"), sys_days(year(0) / January / 1));
  for (const char* text :
       {"", "2024", "2024-02-29", "2023-02-29T00:00:00Z", "2024-02-29T00:00:00", "2024-02-29T00:00:00.Z",
        "2024-02-29T24:00:00Z", "2024-02-29T00:60:00Z", "2024-02-29T00:00:60Z", "2024-13-01T00:00:00Z",
        "2024-2-29T00:00:00Z", "+024-02-29T00:00:00Z", "2024-02-29 00:00:00Z", "2024-02-29T00:00:00ZZ",
        "2024-02-29T00:00:00+1:00", "2024-02-29T00:00:00+01", " 2024-02-29T00:00:00Z"}) {
    EXPECT_EQ(parse_iso_time(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::format
