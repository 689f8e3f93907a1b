#include <kymo/probe/target.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace kymo::probe {
namespace {

TEST(Target, ReadsWhatItPrints) {
  for (const char* text : {"udp://192.0.2.7:9465", "udp://[2001:db8::1]:7", "tcp://voice.example:443",
                           "icmp://[::1]", "icmp://localhost", "ws://127.0.0.1:9464/ws/metrics?rate_hz=1"}) {
    EXPECT_EQ(Target::parse(text).to_string(), text);
  }
}

TEST(Target, PortsMayBeLeftOutWhereThereIsAUsualOne) {
  EXPECT_EQ(Target::parse("udp://192.0.2.7"), (Target{ProbeKind::udp, "192.0.2.7", 9465, ""}));
  EXPECT_EQ(Target::parse("ws://voice.example"), (Target{ProbeKind::websocket, "voice.example", 80, "/"}));
  EXPECT_EQ(Target::parse("ws://voice.example?x=1").path, "/?x=1");
  EXPECT_EQ(Target::parse("tcp://[::1]:80/").port, 80);
}

TEST(Target, SaysWhatIsWrong) {
  const auto message = [](const std::string& text) -> std::string {
    try {
      return "read as " + Target::parse(text).to_string();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  using testing::HasSubstr;
  EXPECT_THAT(message("192.0.2.7"), HasSubstr("does not say how; expected udp://HOST:PORT"));
  EXPECT_THAT(message("http://192.0.2.7"), HasSubstr("no such way"));
  EXPECT_THAT(message("wss://192.0.2.7"), HasSubstr("wss is not spoken"));
  EXPECT_THAT(message("tcp://192.0.2.7"), HasSubstr("has no port"));
  EXPECT_THAT(message("icmp://192.0.2.7:7"), HasSubstr("icmp has no ports"));
  EXPECT_THAT(message("udp://192.0.2.7:0"), HasSubstr("no number from 1 to 65535"));
  EXPECT_THAT(message("udp://192.0.2.7:99999"), HasSubstr("no number"));
  EXPECT_THAT(message("udp://192.0.2.7:7x"), HasSubstr("behind its address"));
  EXPECT_THAT(message("udp://[::1:7"), HasSubstr("not closed"));
  EXPECT_THAT(message("udp://[192.0.2.7]:7"), HasSubstr("neither an address nor a name"));
  EXPECT_THAT(message("udp://300.0.2.7:7"), HasSubstr("neither an address nor a name"));
  EXPECT_THAT(message("udp://:7"), HasSubstr("neither an address nor a name"));
  EXPECT_THAT(message("udp://a b"), HasSubstr("blank"));
  EXPECT_THAT(message("udp://a\033[2J"), HasSubstr("\"udp://a?[2J\""));
  EXPECT_THAT(message(std::string(3000, 'a')), HasSubstr("too long"));
}

}  // namespace
}  // namespace kymo::probe
