#include <kymo/base/amount_text.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <limits>
#include <string>
#include <utility>

namespace kymo::KYMO_ABI::base {
namespace {

/// The letters of the dashboard in those that are one byte in every locale.
std::string in_ascii(std::string text) {
  for (const auto& [from, to] : {std::pair("\u00b5", "u"), std::pair("\u221e", "inf"),
                                 std::pair("\u2013", "-"), std::pair("\u2026", "~")}) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from)) {
      text.replace(at, std::string(from).size(), to);
    }
  }
  return text;
}

std::string text_of(const std::string& writer, double value, const std::string& unit) {
  if (writer == "amount") return amount_text(value, unit);
  if (writer == "duration") return duration_text(value);
  if (writer == "ratio") return cut_ratio_text(value);
  if (writer == "score") return score_text(value);
  return writer == "factor" ? factor_text(value) : "no such writer: " + writer;
}

TEST(AmountText, IsThatOfTheDashboard) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  std::ifstream file(KYMO_NUMBER_TEXTS);
  int cases = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t number = line.find('\t') + 1;
    const std::size_t unit = line.find('\t', number) + 1;
    const std::size_t text = line.find('\t', unit) + 1;
    const double value = std::strtod(line.c_str() + number, nullptr);
    EXPECT_EQ(text_of(line.substr(0, number - 1), value, line.substr(unit, text - unit - 1)),
              in_ascii(line.substr(text)))
        << line;
    ++cases;
  }
  EXPECT_GT(cases, 100) << KYMO_NUMBER_TEXTS;
}

TEST(AmountText, OfARateHasAUnit) {
  EXPECT_EQ(rate_unit(""), "/s");
  EXPECT_EQ(rate_unit("bytes"), "bytes_per_second");
  EXPECT_EQ(rate_unit("seconds"), "seconds/s");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::base
