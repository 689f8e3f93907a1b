#include <kymo/live/query_reader.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace kymo::KYMO_ABI::live {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

net::HttpRequest asking(net::HttpRequest::Pairs query) {
  net::HttpRequest request;
  request.query = std::move(query);
  return request;
}

TEST(DurationText, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(parse_duration("90s"), seconds(90));
  EXPECT_EQ(parse_duration("5m"), seconds(300));
  EXPECT_EQ(parse_duration("1h30m"), seconds(5400));
  EXPECT_EQ(parse_duration("2d"), seconds(172800));
  EXPECT_EQ(parse_duration("3600"), seconds(3600));
  for (const char* wrong : {"", "0", "0s", "m", "5x", "-5m", "5m5", "30m1h", "1m1m", "1.5h", " 5m", "5m ",
                            "99999999999999999999s", "4000000000d"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(QueryReader, ReadsWhatIsThereAndElseTakesWhatIsUsual) {
  const auto request = asking({{"limit", "7"}, {"least", "0"}, {"duration", "5m"}});
  QueryReader query(request);
  EXPECT_EQ(query.whole_number("limit", 10, {1, 7}), 7U);
  EXPECT_EQ(query.whole_number("least", 10, {0, 7}), 0U);
  EXPECT_EQ(query.whole_number("top", 10, {1, 7}), 10U);
  EXPECT_EQ(query.duration(seconds(1)), seconds(300));
  EXPECT_FALSE(query.refusal());
  const auto nothing = asking({});
  EXPECT_EQ(QueryReader(nothing).duration(seconds(1)), seconds(1));
}

TEST(QueryReader, RefusesWhatIsNoNumberWithinBounds) {
  for (const char* text : {"", "0", "8", "x", "-1", "+1", "1.5", "0x1", " 1", "1 ", "99999999999999999999"}) {
    const auto request = asking({{"limit", text}});
    QueryReader query(request);
    EXPECT_EQ(query.whole_number("limit", 3, {1, 7}), 3U) << text;
    ASSERT_TRUE(query.refusal()) << text;
    EXPECT_EQ(query.refusal()->status, 400);
    EXPECT_EQ(query.refusal()->body.text(), R"({"error":{"status":400,"message":"limit=)" +
                                                std::string(text) +
                                                R"( is invalid","remedy":"give a whole number from 1 to 7"}})"
                                                "\n");
  }
}

TEST(QueryReader, TellsOfTheFirstThatIsWrong) {
  const auto request = asking({{"top", "x"}, {"duration", std::string(1000, 'a')}});
  QueryReader query(request);
  EXPECT_EQ(query.duration(seconds(1)), seconds(1));
  EXPECT_EQ(query.whole_number("top", 1, {1, 7}), 1U);
  ASSERT_TRUE(query.refusal());
  EXPECT_THAT(query.refusal()->body.text(), HasSubstr(std::string(200, 'a') + "\\\" is no duration"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
