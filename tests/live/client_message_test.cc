#include "src/live/client_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::live {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string error_of(std::string_view text) {
  const ClientMessage message = read_client_message(text);
  const auto* const error = std::get_if<MessageError>(&message);
  return error == nullptr ? "none" : error->message;
}

TEST(ClientMessage, ReadsASubscription) {
  const auto message = std::get<SubscribeMessage>(read_client_message(
      R"( {"type":"subscribe","names":["b","a*","b"],"match":{"y":"é\u00e9\ud83d\ude00","x":""},"rate_hz":10,"since":5} )"));
  EXPECT_THAT(message.subscription.names, ElementsAre("a*", "b"));
  EXPECT_THAT(message.subscription.match, ElementsAre(Pair("x", ""), Pair("y", "éé😀")));
  EXPECT_EQ(message.subscription.rate_hz, 10);
  EXPECT_EQ(message.since, 5U);
}

TEST(ClientMessage, EqualWishesAreEqual) {
  const auto all =
      std::get<SubscribeMessage>(read_client_message(R"({"type":"subscribe","names":["x","*"]})"));
  EXPECT_EQ(all.subscription, Subscription{});
}

TEST(ClientMessage, ReadsTheOthers) {
  EXPECT_TRUE(std::holds_alternative<UnsubscribeMessage>(read_client_message(R"({"type":"unsubscribe"})")));
  EXPECT_EQ(std::get<PingMessage>(read_client_message(R"({"type":"ping","id":1.5})")).id, "1.5");
  EXPECT_EQ(std::get<PingMessage>(read_client_message(R"({"id":"\"","type":"ping"})")).id, R"("\"")");
  EXPECT_EQ(std::get<PingMessage>(read_client_message(R"({"type":"ping"})")).id, "");
  EXPECT_THAT(error_of(R"({"type":"ping","id":null})"), HasSubstr("id: expected"));
}

TEST(ClientMessage, ErrorsNamePlaceAndRemedy) {
  EXPECT_THAT(error_of("[]"), HasSubstr("the message: expected an object"));
  EXPECT_THAT(error_of("{}"), HasSubstr("type: expected \"subscribe\""));
  EXPECT_THAT(error_of(R"({"type":1})"), HasSubstr("type: expected"));
  EXPECT_THAT(error_of(R"({"type":"subscribe","rate":1})"), HasSubstr("\"rate\": expected names, match"));
  EXPECT_THAT(error_of(R"({"type":"subscribe","names":["a","*b"]})"), HasSubstr("names[1]: expected a *"));
  EXPECT_THAT(error_of(R"({"type":"subscribe","names":[""]})"), HasSubstr("names[0]"));
  EXPECT_THAT(error_of(R"({"type":"subscribe","match":{"a":1}})"), HasSubstr("match.\"a\": expected a text"));
  for (const char* rate : {"0", "11", "1.5", "\"1\"", "-1", "1e3"}) {
    EXPECT_THAT(error_of(std::string(R"({"type":"subscribe","rate_hz":)") + rate + "}"), HasSubstr("rate_hz"))
        << rate;
  }
  for (const char* since : {"-1", "0.5", "1e300", "\"1\"", "9007199254740994"}) {
    EXPECT_THAT(error_of(std::string(R"({"type":"subscribe","since":)") + since + "}"), HasSubstr("since"))
        << since;
  }
  EXPECT_THAT(error_of(R"({"type":"ping","id":[]})"), HasSubstr("id: expected"));
  EXPECT_THAT(error_of(R"({"type":"unsubscribe","id":1})"), HasSubstr("unsubscribe"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
