#include <kymo/net/uri.h>

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::net {
namespace {

using Pairs = QueryPairs;

TEST(PercentDecode, LeavesPlainTextAlone) { EXPECT_EQ(percent_decode("a-b_c~d.e"), "a-b_c~d.e"); }

TEST(PercentDecode, DecodesAnyByteInEitherCase) {
  EXPECT_EQ(percent_decode("%41%2f%2F%c3%A9"), "A//\xC3\xA9");
  EXPECT_EQ(percent_decode("%00%ff"), std::string("\0\xFF", 2));
}

TEST(PercentDecode, DecodesOnce) { EXPECT_EQ(percent_decode("%2541"), "%41"); }

TEST(PercentDecode, RefusesBrokenEscapes) {
  for (const char* text : {"%", "%4", "a%", "%g0", "%0g", "%%41", "% 41", "%+1", "%-1", "%0x41"}) {
    EXPECT_FALSE(percent_decode(text)) << text;
  }
}

TEST(PercentDecode, PlusIsASpaceOnlyInAQuery) {
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b%2B", Plus::space), "a b+");
}

TEST(ParseQuery, KeepsOrderAndRepetition) {
  EXPECT_EQ(parse_query("match[]=a&match[]=b&x=1"), (Pairs{{"match[]", "a"}, {"match[]", "b"}, {"x", "1"}}));
}

TEST(ParseQuery, HasRulesForTheOddOnes) {
  EXPECT_EQ(parse_query(""), Pairs{});
  EXPECT_EQ(parse_query("&&"), Pairs{});
  EXPECT_EQ(parse_query("flag"), (Pairs{{"flag", ""}}));
  EXPECT_EQ(parse_query("a=b=c"), (Pairs{{"a", "b=c"}}));
  EXPECT_EQ(parse_query("=v"), (Pairs{{"", "v"}}));
  EXPECT_EQ(parse_query("q=up%7Bjob%3D%22a%26b%22%7D&t=1"), (Pairs{{"q", "up{job=\"a&b\"}"}, {"t", "1"}}));
  EXPECT_EQ(parse_query("a=1;b=2"), (Pairs{{"a", "1;b=2"}}));
}

TEST(ParseQuery, RefusesBrokenEscapesInNameAndValue) {
  EXPECT_FALSE(parse_query("a%=1"));
  EXPECT_FALSE(parse_query("a=1&b=%zz"));
}

TEST(ParseTarget, SplitsAtTheFirstQuestionMark) {
  const auto target = parse_target("/api/metrics?x=1?2&y");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/metrics");
  EXPECT_EQ(target->query, (Pairs{{"x", "1?2"}, {"y", ""}}));
}

TEST(ParseTarget, RefusesWhatIsNoPath) {
  for (const char* text : {"", "metrics", "*", "http://a/b", "?x=1", "/%00", "/a%0Ab", "/%7f", "/%1"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(ParseTarget, KeepsDotSegments) { EXPECT_EQ(parse_target("/../%2e%2e/x")->path, "/../../x"); }

}  // namespace
}  // namespace kymo::KYMO_ABI::net
