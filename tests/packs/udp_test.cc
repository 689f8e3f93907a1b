#include <kymo/packs/udp.h>

#include <gtest/gtest.h>

#include <string_view>

namespace kymo::KYMO_ABI::packs {
namespace {

class UdpMetricsTest : public ::testing::Test {
 protected:
  double value(std::string_view name) { return to_double(registry_.snapshot()->find(name, {})->number); }

  Registry registry_;
  UdpMetrics udp_{registry_};
};

TEST_F(UdpMetricsTest, CountsWhatAStreamBringsAbout) {
  UdpMetrics::Stream stream(udp_);
  for (const std::uint32_t number : {1, 2, 6, 6, 5, 30'000, 7}) (void)stream.receive(number);
  EXPECT_EQ(value("udp.packet.received"), 7);
  EXPECT_EQ(value("udp.packet.dropped"), 2);
  EXPECT_EQ(value("udp.packet.reordered"), 1);
  EXPECT_EQ(value("udp.packet.duplicate"), 1);
  EXPECT_EQ(value("udp.packet.stray"), 1);
  EXPECT_EQ(value("udp.packet.late"), 0);
  EXPECT_EQ(value("udp.sequence.gap"), 1);
  EXPECT_EQ(value("udp.current_sequence"), 7);
  EXPECT_EQ(value("udp.stream.restarts"), 0);
}

TEST_F(UdpMetricsTest, TheLossRateIsTheMissingOverThoseThatShouldHaveCome) {
  EXPECT_EQ(value("udp.packet.loss_rate"), 0);
  UdpMetrics::Stream stream(udp_);
  (void)stream.receive(1);
  (void)stream.receive(4);
  EXPECT_EQ(value("udp.packet.loss_rate"), 0.5);
  for (int i = 0; i < 10; ++i) (void)stream.receive(4);
  EXPECT_EQ(udp_.loss_rate(), 0.5) << "duplicates do not make up for losses";
  (void)stream.receive(2);
  (void)stream.receive(3);
  EXPECT_EQ(value("udp.packet.loss_rate"), 0) << "they came after all";
}

TEST_F(UdpMetricsTest, StreamsAreSummedAndEachHasItsOwnSequence) {
  UdpMetrics::Stream one(udp_);
  UdpMetrics::Stream other(udp_, {.bits = SequenceBits::k32});
  (void)one.receive(100);
  (void)other.receive(70'000);
  (void)one.receive(102);
  (void)other.receive(70'003);
  EXPECT_EQ(value("udp.packet.dropped"), 3);
  EXPECT_EQ(value("udp.sequence.gap"), 2);
  EXPECT_EQ(value("udp.current_sequence"), 70'003);
  one.restart();
  EXPECT_EQ(one.receive(0), SequenceChange{});
  EXPECT_EQ(value("udp.stream.restarts"), 1);
}

TEST_F(UdpMetricsTest, DroppedIsAValueThatFalls) {
  EXPECT_EQ(registry_.snapshot()->find("udp.packet.dropped")->descriptor().kind, Kind::up_down_counter);
  EXPECT_EQ(registry_.snapshot()->find("udp.packet.dropped")->descriptor().family_name, "udp_packet_dropped");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
