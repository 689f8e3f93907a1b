#include "src/monitor/host_guard.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace kymo::KYMO_ABI::monitor {
namespace {

const net::Endpoint kLoopback{"127.0.0.1", 9464};

TEST(HostGuard, AllowsAddressesAndTheNamesOfThisMachine) {
  const HostGuard guard({}, kLoopback);
  for (const auto* host : {"127.0.0.1:9464", "127.0.0.1", "10.1.2.3:80", "[::1]:9464", "[::1]", "localhost",
                           "LocalHost:9464", "localhost.", ""}) {
    EXPECT_TRUE(guard.allows(host)) << host;
  }
  std::array<char, 256> name{};
  ASSERT_EQ(::gethostname(name.data(), name.size() - 1), 0);
  EXPECT_TRUE(guard.allows(std::string(name.data()) + ":9464"));
}

TEST(HostGuard, RefusesOtherNames) {
  const HostGuard guard({}, kLoopback);
  for (const auto* host :
       {"evil.example", "evil.example:9464", "localhost.evil.example", "127.0.0.1.evil.example",
        "127.0.0.1:9464.evil.example", "1.2.3", "[evil]", "evil.example, localhost"}) {
    EXPECT_FALSE(guard.allows(host)) << host;
  }
}

TEST(HostGuard, AllowsWhatIsConfiguredAndListenedOn) {
  const HostGuard guard({"Metrics.Example", "other.example:80"}, {"box.example", 9464});
  EXPECT_TRUE(guard.allows("metrics.example:1234"));
  EXPECT_TRUE(guard.allows("box.example:9464"));
  EXPECT_TRUE(guard.allows("other.example:80"));
  EXPECT_FALSE(guard.allows("other.example:81"));
  EXPECT_FALSE(guard.allows("sub.metrics.example"));
  EXPECT_TRUE(HostGuard({"*"}, kLoopback).allows("evil.example"));
}

TEST(HostGuard, TellsTheRemedy) {
  const net::HttpResponse response = HostGuard::refusal("evil.example\"\n");
  EXPECT_EQ(response.status, 421);
  EXPECT_NE(response.body.text().find("web.allowed_hosts"), std::string::npos);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::monitor
