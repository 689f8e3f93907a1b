#include <kymo/log/format.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <boost/json/parse.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace kymo::KYMO_ABI::log {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr auto kTime = std::chrono::sys_days(std::chrono::year(2025) / 3 / 1) + 9h + 30min + 250ms;

Record record(std::string_view message, std::span<const Field> fields = {}, Level level = Level::info) {
  return {level, kTime, message, fields};
}

std::string text(std::string_view message, std::vector<Field> fields = {}, Level level = Level::info) {
  return format_line(record(message, fields, level), Format::text);
}

std::string json(std::string_view message, std::vector<Field> fields = {}, Level level = Level::info) {
  return format_line(record(message, fields, level), Format::json);
}

TEST(TextFormat, ShowsTimeLevelMessageAndFields) {
  EXPECT_EQ(text("address taken", {{"address", "127.0.0.1:9464"}, {"attempt", 3}}, Level::warning),
            "2025-03-01T09:30:00.250Z WARN  address taken address=127.0.0.1:9464 attempt=3\n");
}

TEST(TextFormat, WritesEveryTypeOfValue) {
  EXPECT_EQ(text("m", {{"i", -5},
                       {"u", std::numeric_limits<std::uint64_t>::max()},
                       {"d", 0.1},
                       {"nan", std::nan("")},
                       {"b", true},
                       {"s", "two words"},
                       {"e", ""}}),
            "2025-03-01T09:30:00.250Z INFO  m i=-5 u=18446744073709551615 d=0.1 nan=nan b=true s=\"two "
            "words\" e=\"\"\n");
}

TEST(TextFormat, EscapesWhatWouldForgeALine) {
  EXPECT_EQ(text("a\r\nb", {{"k", "\x1b[2J\"\\\n"}}),
            "2025-03-01T09:30:00.250Z INFO  a\\r\\nb k=\"\\x1b[2J\\\"\\\\\\n\"\n");
}

TEST(TextFormat, EscapesC1ControlsAndReorderingMarksButNotLetters) {
  EXPECT_EQ(one_line("Grüße 語 \u009b31m \u202e \u2028 \xff"),
            "Grüße 語 \\u{009b}31m \\u{202e} \\u{2028} \\xff");
}

TEST(JsonFormat, ShowsTimeLevelMessageAndFields) {
  EXPECT_EQ(json("address taken", {{"address", "127.0.0.1:9464"}, {"attempt", 3}}, Level::warning),
            "{\"time\":\"2025-03-01T09:30:00.250Z\",\"level\":\"warning\",\"message\":\"address taken\","
            "\"address\":\"127.0.0.1:9464\",\"attempt\":3}\n");
}

TEST(JsonFormat, NumbersThatJsonLacksAreStrings) {
  const auto parsed = boost::json::parse(json("m", {{"a", std::nan("")}, {"b", -INFINITY}})).as_object();
  EXPECT_EQ(parsed.at("a").as_string(), "nan");
  EXPECT_EQ(parsed.at("b").as_string(), "-inf");
}

TEST(TextFormat, QuotesKeysThatNeedIt) {
  EXPECT_EQ(
      text("m", {{"two words", 1}, {"a=b", 2}, {"", 3}, {"q\"\\", 4}, {"x\ny", 5}, {"grün", 6}}),
      "2025-03-01T09:30:00.250Z INFO  m \"two words\"=1 \"a=b\"=2 \"\"=3 \"q\\\"\\\\\"=4 x\\ny=5 grün=6\n");
}

TEST(JsonFormat, TheEventsOwnKeysWinAndTheUsersGetANumber) {
  EXPECT_EQ(
      json("m", {{"level", "high"}, {"message", "hi"}, {"time", 1}, {"cut", true}, {"Level", 2}}),
      "{\"time\":\"2025-03-01T09:30:00.250Z\",\"level\":\"info\",\"message\":\"m\",\"level_2\":\"high\","
      "\"message_2\":\"hi\",\"time_2\":1,\"cut_2\":true,\"Level\":2}\n");
}

TEST(JsonFormat, AKeyThatIsThereTwiceIsShownTwiceUnderTwoNames) {
  EXPECT_THAT(json("m", {{"k_2", 1}, {"k", 2}, {"k", 3}, {"k", 4}, {"level_2", 5}, {"level", 6}}),
              testing::EndsWith(R"("k_2":1,"k":2,"k_3":3,"k_4":4,"level_2":5,"level_3":6})"
                                "\n"));
}

TEST(JsonFormat, KeysThatDifferOnlyInWhatJsonCannotSayGetANumberToo) {
  EXPECT_THAT(json("m", {{"a\xff", 1}, {"a\xfe", 2}, {"a\uFFFD", 3}}),
              testing::EndsWith("\"a\uFFFD\":1,\"a\uFFFD_2\":2,\"a\uFFFD_3\":3}\n"));
}

TEST(Format, CutsALongLineAndSaysSo) {
  const std::string huge(1'000'000, 'x');
  EXPECT_LE(text(huge, {{"k", huge}}).size(), kMaxLineBytes);
  EXPECT_TRUE(text(huge, {{"k", huge}}).ends_with(" (cut)\n"));
  EXPECT_TRUE(boost::json::parse(json(huge, {{"k", huge}})).as_object().at("cut").as_bool());
}

TEST(Format, AMessageThatIsTooLongLeavesRoomForFields) {
  EXPECT_EQ(
      boost::json::parse(json(std::string(9000, 'x'), {{"port", 9464}})).as_object().at("port").as_int64(),
      9464);
}

TEST(Format, ManyFieldsStopAtTheLimit) {
  const std::vector<Field> fields(2000, Field{"key", 1.0 / 3});
  EXPECT_LE(text("m", fields).size(), kMaxLineBytes);
  EXPECT_LE(json("m", fields).size(), kMaxLineBytes);
}

bool is_one_clean_line(const std::string& line) {
  if (line.size() > kMaxLineBytes || line.find('\n') != line.size() - 1) return false;
  return std::none_of(line.begin(), line.end() - 1,
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

RC_GTEST_PROP(FormatProperty, AnyBytesGiveOneLine, (const std::string& message, const std::string& value)) {
  RC_ASSERT(is_one_clean_line(text(message, {{"k", value}})));
  RC_ASSERT(is_one_clean_line(json(message, {{"k", value}})));
}

RC_GTEST_PROP(FormatProperty, AnyBytesGiveValidJson, (const std::string& message, const std::string& key)) {
  const auto parsed = boost::json::parse(json(message, {{"prefix." + key, message}})).as_object();
  const bool cut = key.size() > 15;  // an escape takes at most six bytes
  RC_ASSERT(parsed.size() == 4U || cut);
}

/// Counts the keys by hand, because readers differ in which of two equal keys they keep.
std::size_t keys_in(const std::string& line) {
  std::size_t keys = 0;
  for (std::size_t at = line.find("\":"); at != std::string::npos; at = line.find("\":", at + 2)) ++keys;
  return keys;
}

RC_GTEST_PROP(FormatProperty, NoKeyIsThereTwice, (const std::vector<std::uint8_t>& choices)) {
  constexpr std::array kKeys = {"time", "level", "message", "cut", "a", "a_2", "a_3", "level_2", "", "\xff"};
  std::vector<Field> fields;
  for (const std::uint8_t choice : choices) fields.push_back({kKeys[choice % kKeys.size()], 1});
  const std::string line = json("m", fields);
  RC_ASSERT(boost::json::parse(line).as_object().size() == keys_in(line));
}

RC_GTEST_PROP(FormatProperty, JsonGivesValidTextBackUnchanged, (const std::u16string& units)) {
  std::string valid;
  for (const char16_t unit : units) {
    if (unit < 0x80)
      valid += static_cast<char>(unit);
    else if (unit < 0x800)
      (valid += static_cast<char>(0xc0 | unit >> 6)) += static_cast<char>(0x80 | (unit & 0x3f));
  }
  RC_PRE(valid.size() < 500);
  RC_ASSERT(std::string_view(boost::json::parse(json(valid)).as_object().at("message").as_string()) == valid);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::log
