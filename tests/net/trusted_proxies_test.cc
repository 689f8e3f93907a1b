#include "src/net/trusted_proxies.h"

#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::net {
namespace {

using ::testing::HasSubstr;

bool is_in(std::string_view network, std::string_view address) {
  return Network::parse(network).contains(parse_ip_address(address).value());
}

std::string fault_of(std::string_view network) {
  try {
    (void)Network::parse(network);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "none";
}

TEST(Network, HoldsTheAddressesOfItsPrefix) {
  EXPECT_TRUE(is_in("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(is_in("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(is_in("192.0.2.128/25", "192.0.2.200"));
  EXPECT_FALSE(is_in("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(is_in("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(is_in("192.0.2.7", "192.0.2.6"));
  EXPECT_TRUE(is_in("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(is_in("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(is_in("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(is_in("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(is_in("::/0", "2001:db8::1"));
  EXPECT_FALSE(is_in("::/0", "10.0.0.1"));
  EXPECT_TRUE(is_in("::1", "::1"));
}

TEST(Network, AnIpv4AddressHasOneForm) {
  EXPECT_TRUE(is_in("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(is_in("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_EQ(Network::parse("::ffff:10.0.0.0/104"), Network::parse("10.0.0.0/8"));
}

TEST(Network, RefusesWhatIsNoneWithItsForm) {
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0/8",
        "10.0.0.0.0", "::/129", "[::1]", "::1%eth0", "localhost", "*", "10.0.0.0 /8", "fe80::/1x"}) {
    EXPECT_THAT(fault_of(text), HasSubstr("write it as 10.0.0.0/8")) << text;
  }
  EXPECT_THAT(fault_of("10.1.2.3/8"), HasSubstr("may mean 10.0.0.0/8 or 10.1.2.3"));
  EXPECT_THAT(fault_of("2001:db8::1/32"), HasSubstr("may mean 2001:db8::/32 or 2001:db8::1"));
}

class TrustedProxiesTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string client(std::string_view from, std::string_view forwarded_for) const {
    const Peer peer = describe_peer(parse_ip_address(from).value(), 4000);
    return TrustedProxies(networks_).client_of(peer, forwarded_for).text;
  }

  std::vector<Network> networks_ = {Network::parse("10.0.0.0/8"), Network::parse("2001:db8::/32")};
};

TEST_F(TrustedProxiesTest, OnlyTheirWordIsTaken) {
  EXPECT_EQ(client("10.0.0.1", "203.0.113.7"), "203.0.113.7:0");
  EXPECT_EQ(client("2001:db8::1", "203.0.113.7"), "203.0.113.7:0");
  EXPECT_EQ(client("203.0.113.9", "203.0.113.7"), "203.0.113.9:4000");
  EXPECT_EQ(client("10.0.0.1", ""), "10.0.0.1:4000");
}

TEST_F(TrustedProxiesTest, EntriesCountFromTheRightAsFarAsTheyAreTrusted) {
  EXPECT_EQ(client("10.0.0.1", "198.51.100.1, 203.0.113.7"), "203.0.113.7:0") << "the left one may be forged";
  EXPECT_EQ(client("10.0.0.1", "198.51.100.1, 203.0.113.7, 10.9.9.9"), "203.0.113.7:0");
  EXPECT_EQ(client("10.0.0.1", "10.1.1.1, 10.2.2.2"), "10.1.1.1:0") << "all are proxies: the farthest";
  EXPECT_EQ(client("10.0.0.1", "  203.0.113.7\t,,10.2.2.2 , "), "203.0.113.7:0");
}

TEST_F(TrustedProxiesTest, AnEntryThatIsNoAddressEndsWhatIsKnown) {
  for (const char* broken : {"unknown", "_hidden", "203.0.113", "203.0.113.7:", "203.0.113.7:99999", "[::1",
                             "[203.0.113.7]", "::1]:5", "fe80::1%eth0", "\"203.0.113.7\"", "a b"}) {
    EXPECT_EQ(client("10.0.0.1", "198.51.100.1, " + std::string(broken)), "10.0.0.1:4000") << broken;
    EXPECT_EQ(client("10.0.0.1", std::string(broken) + ", 10.2.2.2"), "10.2.2.2:0") << broken;
  }
}

TEST_F(TrustedProxiesTest, ReadsEveryFormOfAnAddress) {
  EXPECT_EQ(client("10.0.0.1", "203.0.113.7:4711"), "203.0.113.7:4711");
  EXPECT_EQ(client("10.0.0.1", "2001:dead::7"), "[2001:dead::7]:0");
  EXPECT_EQ(client("10.0.0.1", "[2001:dead::7]"), "[2001:dead::7]:0");
  EXPECT_EQ(client("10.0.0.1", "[2001:dead::7]:4711"), "[2001:dead::7]:4711");
  EXPECT_EQ(client("10.0.0.1", "::ffff:203.0.113.7"), "203.0.113.7:0");
  EXPECT_EQ(client("10.0.0.1", "198.51.100.1, ::ffff:10.7.7.7"), "198.51.100.1:0")
      << "a proxy in other words";
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
