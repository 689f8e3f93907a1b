#include "protocol/messages.h"

#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace voice {
namespace {

ErrorKind error_of(const std::string& text) {
  return std::get<ProtocolError>(parse_client_message(text)).kind;
}

TEST(Messages, ClientMessagesComeBackAsTheyWere) {
  const std::vector<ClientMessage> messages = {
      Hello{.client = "anna-1.x", .sample_rate_hz = 22'050, .sources = {Source::mic, Source::speaker}},
      Bye{}};
  for (const auto& message : messages) {
    EXPECT_EQ(std::get<ClientMessage>(parse_client_message(encode(message))), message) << encode(message);
  }
}

TEST(Messages, ServerMessagesComeBackAsTheyWere) {
  const std::vector<ServerMessage> messages = {
      Welcome{.session = 7, .frame_ms = 20, .queue_frames = 50},
      Report{.source = Source::speaker,
             .sequence = 4'294'967'295,
             .level_dbfs = -23.5,
             .peak_dbfs = -12.0,
             .speech = true,
             .pitch_hz = 131.2,
             .queue_depth = 3,
             .dropped = 9},
      Report{},
      RoomState{.clients = 3, .streams = 4, .speaking = 1, .udp_streams = 2},
      Farewell{.frames = 812},
      ProtocolError{.kind = ErrorKind::oversize, .message = "quotes \" and \\ and\nlines"}};
  for (const auto& message : messages)
    EXPECT_EQ(parse_server_message(encode(message)), message) << encode(message);
}

TEST(Messages, AnyTextIsAMessageOrAnError) {
  EXPECT_TRUE(rc::check([](const std::string& text) {
    (void)parse_client_message(text);
    (void)parse_server_message(text);
  }));
}

TEST(Messages, CutMessagesAreErrors) {
  const std::string hello =
      encode(ClientMessage(Hello{.client = "a", .sample_rate_hz = 8'000, .sources = {Source::mic}}));
  for (std::size_t size = 0; size < hello.size(); ++size) {
    EXPECT_EQ(error_of(hello.substr(0, size)), ErrorKind::protocol) << size;
  }
}

TEST(Messages, TellsErrorsApart) {
  EXPECT_EQ(error_of("[]"), ErrorKind::protocol);
  EXPECT_EQ(error_of(R"({"type":"sing"})"), ErrorKind::protocol);
  EXPECT_EQ(error_of(R"({"type":"hello","client":"a b","sample_rate":8000,"sources":["mic"]})"),
            ErrorKind::protocol);
  EXPECT_EQ(error_of(R"({"type":"hello","client":"a","sample_rate":8001,"sources":["mic"]})"),
            ErrorKind::protocol);
  EXPECT_EQ(error_of(R"({"type":"hello","client":"a","sample_rate":1e99,"sources":["mic"]})"),
            ErrorKind::protocol);
  EXPECT_EQ(error_of(R"({"type":"hello","client":"a","sample_rate":8000,"sources":[]})"),
            ErrorKind::protocol);
  EXPECT_EQ(error_of(R"({"type":"hello","client":"a","sample_rate":8000,"sources":["mic","mic"]})"),
            ErrorKind::protocol);
  EXPECT_EQ(error_of(R"({"type":"hello","client":"a","sample_rate":8000,"sources":["udp"]})"),
            ErrorKind::unknown_source);
  EXPECT_EQ(error_of(R"({"type":"hello","client":"a","sample_rate":8000,"sources":[3]})"),
            ErrorKind::unknown_source);
  EXPECT_EQ(error_of(std::string(kMaxTextBytes + 1, ' ')), ErrorKind::oversize);
}

TEST(Messages, DeepNestingIsAnError) { EXPECT_EQ(error_of(std::string(4'000, '[')), ErrorKind::protocol); }

TEST(Messages, NumbersThatJsonCannotHoldAreNull) {
  const Report report{.level_dbfs = std::numeric_limits<double>::quiet_NaN()};
  EXPECT_NE(encode(ServerMessage(report)).find(R"("level_dbfs":null)"), std::string::npos);
}

}  // namespace
}  // namespace voice
