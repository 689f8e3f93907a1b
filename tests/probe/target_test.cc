#include <kymo/probe/target.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace kymo::KYMO_ABI::probe {
namespace {

TEST(Target, ReadsWhatItPrints) {
  for (const char* text :
       {"udp://192.0.2.7:9465", "udp://[2001:db8::1]:7", "tcp://voice.example:443", "icmp://[::1]",
        "icmp://localhost", "ws://127.0.0.1:9464/ws/metrics?rate_hz=1", "udp://[fe80::1%eth0]:9465",
        "icmp://[fe80::1%3]", "https://[fe80::1%eth0]:443/a", "http://voice.example:80/?a=b",
        "tls://192.0.2.7:443", "dns://192.0.2.53:53/example.org?type=MX", "udp://[fe80::1%2525]:7"}) {
    EXPECT_EQ(Target::parse(text).to_string(), text);
  }
}

TEST(Target, PortsMayBeLeftOutWhereThereIsAUsualOne) {
  EXPECT_EQ(Target::parse("udp://192.0.2.7"), (Target{ProbeKind::udp, "192.0.2.7", 9465, ""}));
  EXPECT_EQ(Target::parse("ws://voice.example"), (Target{ProbeKind::websocket, "voice.example", 80, "/"}));
  EXPECT_EQ(Target::parse("ws://voice.example?x=1").path, "/?x=1");
  EXPECT_EQ(Target::parse("tcp://[::1]:80/").port, 80);
  EXPECT_EQ(Target::parse("http://voice.example"), (Target{ProbeKind::http, "voice.example", 80, "/"}));
  EXPECT_EQ(Target::parse("https://voice.example/a").port, 443);
  EXPECT_EQ(Target::parse("tls://voice.example").port, 443);
  EXPECT_EQ(Target::parse("dns://192.0.2.53/example.org"),
            (Target{ProbeKind::dns, "192.0.2.53", 53, "/example.org"}));
}

TEST(Target, ASchemeIsOneInAnyCase) {
  EXPECT_EQ(Target::parse("HTTP://voice.example/A").to_string(), "http://voice.example:80/A");
  EXPECT_EQ(Target::parse("Udp://192.0.2.7").to_string(), "udp://192.0.2.7:9465");
}

TEST(Target, ALinkLocalAddressHasItsZone) {
  EXPECT_EQ(Target::parse("udp://[fe80::1%eth0]").host, "fe80::1%eth0");
  EXPECT_EQ(Target::parse("udp://[fe80::1%25eth0]").host, "fe80::1%eth0") << "as RFC 6874 has it";
  EXPECT_EQ(Target::parse("udp://[fe80::1%251]").host, "fe80::1%251") << "an interface's number";
  const Target odd = Target::parse("udp://[fe80::1%2525x]");
  EXPECT_EQ(odd.host, "fe80::1%25x");
  EXPECT_EQ(Target::parse(odd.to_string()), odd);
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
  EXPECT_THAT(message("192.0.2.7"), HasSubstr("has no scheme; expected udp://HOST:PORT"));
  EXPECT_THAT(message("ftp://192.0.2.7"), HasSubstr("its scheme is unknown"));
  EXPECT_THAT(message("udp://fd77::2"), HasSubstr("use brackets around an IPv6 address, as in [fd77::2]"));
  EXPECT_THAT(message("udp://fd77::2:9465"), HasSubstr("[fd77::2:9465] or [fd77::2]:9465"));
  EXPECT_THAT(message("udp://1:2:3:4:5:6:7:8:9465"), HasSubstr("as in [1:2:3:4:5:6:7:8]:9465"));
  EXPECT_THAT(message("icmp://fe80::1%eth0"), HasSubstr("use brackets"));
  EXPECT_THAT(message("https://::1/a?b=c:d"), HasSubstr("as in [::1]"));
  EXPECT_THAT(message("tcp://fd77::zz:80"), HasSubstr("use brackets"));
  EXPECT_THAT(message("tcp://host:80:81"), HasSubstr("behind its address")) << "no address";
  EXPECT_THAT(message("udp://[fe80::1]"), HasSubstr("needs its interface"));
  EXPECT_THAT(message("udp://[::1%lo]"), HasSubstr("only a link-local address has a zone"));
  EXPECT_THAT(message("udp://[fe80::1%]"), HasSubstr("its zone is no name of an interface"));
  EXPECT_THAT(message("udp://[fe80::1%25]"), HasSubstr("25"));
  EXPECT_THAT(message("udp://[fe80::1%a/b]"), HasSubstr("zone"));
  EXPECT_THAT(message("dns://192.0.2.53"), HasSubstr("the name to query is missing"));
  EXPECT_THAT(message("dns://192.0.2.53/a?type=B"), HasSubstr("one of A, NS"));
  EXPECT_THAT(message("tls://192.0.2.7/a"), HasSubstr("behind its address"));
  EXPECT_THAT(message("http://192.0.2.7:80x"), HasSubstr("behind its address"));
  EXPECT_THAT(message("http://anna@192.0.2.7"), HasSubstr("neither an address nor a name"));
  EXPECT_THAT(message("http://192.0.2.7/#top"), HasSubstr("fragment"));
  EXPECT_THAT(message("wss://192.0.2.7"), HasSubstr("wss is not supported"));
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
}  // namespace kymo::KYMO_ABI::probe
