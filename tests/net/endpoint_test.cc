#include <array>
#include <stdexcept>
#include <string>

#include <netdb.h>

#include <gtest/gtest.h>

#include <kymo/net/http_server.h>
#include <kymo/net/resolve.h>

namespace kymo::KYMO_ABI::net {
namespace {

TEST(Endpoint, ReadsAndWritesEachForm) {
  for (const char* text : {"127.0.0.1:9464", "[::1]:9464", "localhost:0", "0.0.0.0:65535", "[::]:1",
                           "metrics.example.org:80", "[fe80::1%eth0]:9", "db_1:9464"}) {
    EXPECT_EQ(Endpoint::parse(text).to_string(), text);
  }
  EXPECT_EQ(Endpoint::parse("[::1]:7"), (Endpoint{"::1", 7}));
}

TEST(Endpoint, RefusesTheRestAndQuotesIt) {
  for (const char* text : {"",
                           "[fe80::1]:9464",
                           "[::1%lo]:9464",
                           "[fe80::1%]:9464",
                           ":",
                           "9464",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:65536",
                           "127.0.0.1:-1",
                           "127.0.0.1:+1",
                           "127.0.0.1: 1",
                           "127.0.0.1:1x",
                           "::1:9464",
                           "[::1]",
                           "[::1",
                           "[]:1",
                           "[127.0.0.1]:1",
                           "[::g]:1",
                           "300.1.1.1:1",
                           "1.2.3:1",
                           "a b:1",
                           "-a:1",
                           "a..b:1",
                           "http://a:1",
                           " 127.0.0.1:1",
                           ":9464"}) {
    try {
      (void)Endpoint::parse(text);
      ADD_FAILURE() << text << " was taken";
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find("\"" + std::string(text) + "\""), std::string::npos);
      EXPECT_NE(std::string(error.what()).find("127.0.0.1:9464"), std::string::npos);
    }
  }
}

TEST(ChooseAddress, KeepsTheOneBeforeWhereTheNameStillHasIt) {
  std::array<SocketAddress, 3> addresses;
  std::array<addrinfo, 3> list{};
  for (std::size_t i = 0; i < list.size(); ++i) {
    addresses[i] = *parse_address("192.0.2." + std::to_string(i + 1), 0);
    list[i].ai_addr = reinterpret_cast<sockaddr*>(&addresses[i].storage);
    list[i].ai_addrlen = addresses[i].length;
    if (i + 1 < list.size()) list[i].ai_next = &list[i + 1];
  }
  const SocketAddress last = *parse_address("192.0.2.3", 9);
  const SocketAddress gone = *parse_address("192.0.2.4", 9);
  EXPECT_EQ(choose_address(list[0], 9, &last), last);
  EXPECT_EQ(choose_address(list[0], 9, &gone), *parse_address("192.0.2.1", 9));
  EXPECT_EQ(choose_address(list[0], 9, nullptr), *parse_address("192.0.2.1", 9));
}

TEST(Endpoint, KnowsLoopback) {
  for (const char* address :
       {"127.0.0.1", "127.255.0.9", "::1", "localhost", "LOCALHOST", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE((Endpoint{address, 1}).is_loopback()) << address;
  }
  for (const char* address :
       {"0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "localhost.evil.example", "::ffff:10.0.0.1", ""}) {
    EXPECT_FALSE((Endpoint{address, 1}).is_loopback()) << address;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
