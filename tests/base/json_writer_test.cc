#include <kymo/base/json_writer.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <limits>

#include <kymo/base/utf8.h>

namespace kymo::KYMO_ABI::base {
namespace {

template <class Value>
std::string json_of(const Value& value) {
  std::string out;
  JsonWriter(out).value(value);
  return out;
}

TEST(JsonWriter, EscapesWhatMustBeAndKeepsTheRest) {
  EXPECT_EQ(json_of(std::string_view("a\"b\\c\n\r\t\x01\x1f\x7f/Ж\u2028🎉")),
            "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\x7f/Ж\u2028🎉\"");
  EXPECT_EQ(json_of(std::string_view("\0", 1)), "\"\\u0000\"");
}

TEST(JsonWriter, BytesThatAreNoCharacterBecomeTheReplacement) {
  EXPECT_EQ(json_of(std::string_view("\xC3(\xC0\xAF\xED\xA0\x80\xF5\x80\xE2\x82")),
            "\"\uFFFD(\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\"");
}

TEST(JsonWriter, WhatMayBeAbsentIsNullWhereItIs) {
  EXPECT_EQ(json_of(std::optional<double>()), "null");
  EXPECT_EQ(json_of(std::optional(0.5)), "0.5");
  EXPECT_EQ(json_of(true), "true");
  EXPECT_EQ(json_of(std::variant<std::int64_t, double>(std::int64_t{-7})), "-7");
}

TEST(JsonWriter, NumbersThatAreNotFiniteAreNull) {
  EXPECT_EQ(json_of(std::numeric_limits<double>::quiet_NaN()), "null");
  EXPECT_EQ(json_of(-std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(json_of(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(JsonWriter, PutsCommasAndLinesWhereTheyBelong) {
  const auto written = [](JsonLayout layout) {
    std::string out;
    JsonWriter json(out, layout);
    json.begin_object();
    json.field("a", 1.5);
    json.begin_object("empty");
    json.end_object();
    json.begin_array("list");
    json.value(std::uint64_t{1});
    json.null();
    json.begin_object();
    json.field("b", std::string_view("x"));
    json.end_object();
    json.end_array();
    json.end_object();
    return out;
  };
  EXPECT_EQ(written(JsonLayout::compact), R"({"a":1.5,"empty":{},"list":[1,null,{"b":"x"}]})");
  EXPECT_EQ(written(JsonLayout::indented),
            "{\n  \"a\": 1.5,\n  \"empty\": {},\n  \"list\": [\n    1,\n    null,\n    {\n      \"b\": "
            "\"x\"\n    }\n  ]\n}");
}

RC_GTEST_PROP(JsonWriter, AnyBytesGiveValidJson, (const std::string& bytes)) {
  const auto parsed = boost::json::parse(json_of(std::string_view(bytes)));
  const std::string_view back = parsed.as_string();
  std::string_view rest = back;
  while (!rest.empty()) {
    const std::size_t length = utf8_length(rest);
    RC_ASSERT(length > 0U);
    rest.remove_prefix(length);
  }
  if (std::all_of(bytes.begin(), bytes.end(), [](char c) { return (c & 0x80) == 0; }))
    RC_ASSERT(back == bytes);
}

RC_GTEST_PROP(JsonWriter, FiniteDoublesReadBackTheSame, (double number)) {
  RC_PRE(std::isfinite(number));
  const auto parsed = boost::json::parse(json_of(number));
  // Boost.JSON 1.81 reads a double to within a unit in the last place; that the text is exact is
  // number_text_test's matter.
  const double back = parsed.to_number<double>();
  RC_ASSERT(back == number || std::abs(back - number) <= std::abs(number) * 4e-16);
}

TEST(Utf8, AnyBytesAreMadeIt) {
  EXPECT_EQ(to_utf8("Grüße 語"), "Grüße 語");
  EXPECT_EQ(to_utf8("a\xff\xc3"), "a\uFFFD\uFFFD");
  EXPECT_EQ(to_utf8("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(to_utf8(""), "");
}

TEST(Utf8, IsCutBetweenCharacters) {
  EXPECT_EQ(cut_utf8("aé語", 10), "aé語");
  EXPECT_EQ(cut_utf8("aé語", 5), "aé");
  EXPECT_EQ(cut_utf8("aé語", 3), "aé");
  EXPECT_EQ(cut_utf8("aé語", 2), "a");
  EXPECT_EQ(cut_utf8("\x80\x80\x80", 2), "\x80\x80") << "no text at all";
}

TEST(Utf8, KnowsEveryCodePointAndNothingElse) {
  for (char32_t point = 0; point < 0x120000; ++point) {
    std::string text;
    if (point < 0x80) {
      text = {static_cast<char>(point)};
    } else if (point < 0x800) {
      text = {static_cast<char>(0xC0 | point >> 6), static_cast<char>(0x80 | (point & 0x3F))};
    } else if (point < 0x10000) {
      text = {static_cast<char>(0xE0 | point >> 12), static_cast<char>(0x80 | (point >> 6 & 0x3F)),
              static_cast<char>(0x80 | (point & 0x3F))};
    } else {
      text = {static_cast<char>(0xF0 | point >> 18), static_cast<char>(0x80 | (point >> 12 & 0x3F)),
              static_cast<char>(0x80 | (point >> 6 & 0x3F)), static_cast<char>(0x80 | (point & 0x3F))};
    }
    const bool is_character = point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    ASSERT_EQ(utf8_length(text + "x"), is_character ? text.size() : 0U)
        << std::hex << static_cast<unsigned>(point);
    if (text.size() > 1) {
      ASSERT_EQ(utf8_length(std::string_view(text).substr(0, text.size() - 1)), 0U);
    }
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::base
