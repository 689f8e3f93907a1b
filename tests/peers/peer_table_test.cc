#include <kymo/peers/peer_table.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/manual_clock.h"

namespace kymo::KYMO_ABI::peers {
namespace {

using namespace std::chrono_literals;
using system::ManualClock;
using testing::HasSubstr;

class PeerTableTest : public testing::Test {
 protected:
  PeerState state(std::string_view id) { return table_.find(id).value(); }

  ManualClock clock_;
  PeerTable table_{{.max_peers = 3, .latency_points = 4, .clock = &clock_}};
};

TEST_F(PeerTableTest, KnowsWhoIsThere) {
  EXPECT_TRUE(table_.add("a", "Anna"));
  EXPECT_FALSE(table_.add("a")) << "there already";
  EXPECT_TRUE(table_.add("b"));
  EXPECT_TRUE(table_.add("c"));
  EXPECT_FALSE(table_.add("d")) << "one too many";
  EXPECT_EQ(table_.refused(), 1U);
  ASSERT_EQ(table_.all().size(), 3U);
  EXPECT_EQ(table_.all()[0].name, "Anna");
  EXPECT_TRUE(table_.remove("b"));
  EXPECT_FALSE(table_.remove("b"));
  EXPECT_FALSE(table_.find("b"));
  EXPECT_FALSE(table_.record_latency("b", 1ms));
  EXPECT_FALSE(table_.latencies("b", 1h));
  EXPECT_FALSE(table_.hourly("b"));
  EXPECT_TRUE(table_.add("d"));
}

TEST_F(PeerTableTest, RefusesIdsThatNoAddressCanName) {
  EXPECT_FALSE(table_.add(""));
  EXPECT_FALSE(table_.add(std::string(257, 'a')));
  EXPECT_EQ(table_.refused(), 2U);
  EXPECT_TRUE(table_.add(std::string(256, 'a'), std::string(255, 'n') + "é"));
  EXPECT_EQ(table_.all()[0].name, std::string(255, 'n')) << "cut before a character, not within";
  EXPECT_TRUE(table_.add(std::string("\0\xff", 2)));
  EXPECT_TRUE(table_.find(std::string("\0\xff", 2)));
}

TEST_F(PeerTableTest, GivesTheFirstFew) {
  for (const char* id : {"b", "a", "c"}) table_.add(id);
  EXPECT_EQ(table_.ids(), (std::vector<std::string>{"b", "a", "c"}));
  ASSERT_EQ(table_.first(2).size(), 2U);
  EXPECT_EQ(table_.first(2)[1].id, "a");
  EXPECT_TRUE(table_.first(0).empty());
}

TEST_F(PeerTableTest, TellsListenersAsLongAsTheyLive) {
  struct Probes final : ProbeListener {
    void on_probe(std::string_view id, std::optional<double> ms) noexcept override {
      said += std::string(id) + (ms ? std::to_string(static_cast<int>(*ms)) : "-") + " ";
      (void)table->find(id);  // no lock is held
    }
    PeerTable* table = nullptr;
    std::string said;
  };
  auto probes = std::make_shared<Probes>();
  probes->table = &table_;
  table_.tell(probes);
  table_.add("a");
  table_.record_latency("a", 7ms);
  table_.record_latency("a", -7ms);
  table_.record_timeout("a");
  table_.record_latency("nobody", 7ms);
  EXPECT_EQ(probes->said, "a7 a- ");
  probes.reset();
  EXPECT_TRUE(table_.record_latency("a", 7ms));
}

TEST_F(PeerTableTest, BeforeAnyProbeThereIsNoQuality) {
  table_.add("a");
  clock_.advance(5s);
  const PeerState peer = state("a");
  EXPECT_EQ(peer.status, PeerStatus::connected);
  EXPECT_EQ(peer.quality_reason, "");
  EXPECT_FALSE(peer.uptime || peer.quality_score || peer.voice || peer.latency_ms || peer.last_seen ||
               peer.path_score_5m);
  EXPECT_FALSE(table_.network_quality().score);
}

TEST_F(PeerTableTest, AProbeGivesItsFigures) {
  table_.add("a");
  table_.record_latency("a", 30ms);
  table_.record_latency("a", 50ms);
  const PeerState peer = state("a");
  EXPECT_EQ(peer.latency_ms, 50);
  EXPECT_EQ(peer.latencies.average, 40);
  EXPECT_DOUBLE_EQ(peer.jitter_ms, 10);
  EXPECT_DOUBLE_EQ(peer.interarrival_jitter_ms, 20.0 / 16);
  EXPECT_DOUBLE_EQ(peer.quality_score.value(), quality_score({.latency_ms = 50, .jitter_ms = 10}));
  EXPECT_EQ(peer.status, PeerStatus::connected);
  EXPECT_EQ(peer.last_seen, clock_.system_now());
  EXPECT_NEAR(peer.voice.value().r_factor, 92, 2);
  EXPECT_GT(peer.voice->mean_opinion_score, 4.2);
}

TEST_F(PeerTableTest, NoAnswerIsDegradedWithAScoreOfZero) {
  table_.add("a");
  table_.record_latency("a", 10ms);
  table_.record_timeout("a");
  PeerState peer = state("a");
  EXPECT_EQ(peer.status, PeerStatus::degraded);
  EXPECT_EQ(peer.quality_score, 0);
  EXPECT_EQ(peer.quality_trend, QualityTrend::degrading);
  EXPECT_EQ(peer.quality_reason, "the last probe had no answer");
  EXPECT_EQ(peer.packet_loss_percent, 50);
  EXPECT_FALSE(peer.latency_ms);
  EXPECT_EQ(peer.path.stability, 50);
  table_.record_latency("a", 10ms);
  peer = state("a");
  EXPECT_EQ(peer.quality_trend, QualityTrend::improving);
  EXPECT_NEAR(peer.packet_loss_percent, 100.0 / 3, 1e-9);
  EXPECT_EQ(peer.probes_sent, 3U);
  EXPECT_EQ(peer.probes_answered, 2U);
}

TEST_F(PeerTableTest, AProbeThatThePeersLimitLeftUnansweredIsNoLoss) {
  table_.add("a");
  for (int i = 0; i < 8; ++i) {
    clock_.advance(10s);
    EXPECT_TRUE(table_.record_limited("a"));
  }
  PeerState peer = state("a");
  EXPECT_EQ(peer.status, PeerStatus::connected) << "for longer than a silent one is";
  EXPECT_FALSE(peer.quality_score);
  EXPECT_EQ(peer.packet_loss_percent, 0);
  EXPECT_THAT(peer.quality_reason, HasSubstr("refused the last probe by its limit"));
  EXPECT_EQ(std::pair(peer.probes_sent, peer.probes_limited), std::pair(std::uint64_t{8}, std::uint64_t{8}));
  table_.record_latency("a", 10ms);
  peer = state("a");
  EXPECT_EQ(peer.packet_loss_percent, 0);
  EXPECT_EQ(std::pair(peer.probes_sent, peer.probes_answered), std::pair(std::uint64_t{9}, std::uint64_t{1}));
  EXPECT_FALSE(table_.record_limited("nobody"));
}

TEST_F(PeerTableTest, LossThatIsToldCounts) {
  table_.add("a");
  table_.record_timeout("a");
  table_.set_packet_loss("a", 250);
  EXPECT_EQ(state("a").packet_loss_percent, 100);
  table_.set_packet_loss("a", std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(state("a").packet_loss_percent, 100) << "left out";
  table_.set_packet_loss("a", 2);
  table_.record_latency("a", 0ms);
  EXPECT_DOUBLE_EQ(state("a").quality_score.value(), quality_score({.packet_loss_percent = 2}));
  table_.set_packet_loss("a", std::nullopt);
  EXPECT_EQ(state("a").packet_loss_percent, 50);
}

TEST_F(PeerTableTest, SilenceDisconnects) {
  table_.add("a");
  table_.record_latency("a", 10ms);
  clock_.advance(29s);
  EXPECT_EQ(state("a").status, PeerStatus::connected);
  table_.record_traffic("a", {.bytes_received = 1});
  clock_.advance(29s);
  EXPECT_EQ(state("a").status, PeerStatus::connected) << "traffic came from it";
  table_.record_traffic("a", {.bytes_sent = 100, .bytes_received = 1});
  clock_.advance(1s);
  EXPECT_EQ(state("a").status, PeerStatus::disconnected) << "what is sent to it is no sign of life";
  table_.record_latency("a", 10ms);
  EXPECT_EQ(state("a").status, PeerStatus::connected);
}

TEST_F(PeerTableTest, UptimeIsOfTheConnectionThatStands) {
  table_.add("a");
  table_.record_timeout("a");
  clock_.advance(5s);
  EXPECT_FALSE(state("a").uptime) << "no answer yet";
  table_.record_latency("a", 10ms);
  EXPECT_EQ(state("a").uptime, 0s);
  clock_.advance(20s);
  table_.record_timeout("a");
  clock_.advance(9s);
  EXPECT_EQ(state("a").uptime, 29s) << "a lost probe ends no connection";
  clock_.advance(1s);
  EXPECT_EQ(state("a").uptime, 0s) << "disconnected";
  table_.record_timeout("a");
  clock_.advance(1h);
  EXPECT_EQ(state("a").uptime, 0s);
  table_.record_traffic("a", {.bytes_received = 7});
  EXPECT_EQ(state("a").uptime, 0s) << "a reconnect";
  clock_.advance(7s);
  EXPECT_EQ(state("a").uptime, 7s);
  table_.remove("a");
  table_.add("a");
  EXPECT_FALSE(state("a").uptime);
  clock_.advance(1h);
  EXPECT_FALSE(state("a").uptime) << "disconnected, and never connected";
}

TEST_F(PeerTableTest, ADisconnectedPeerHasQualityZero) {
  table_.add("a");
  table_.record_traffic("a", {});
  clock_.advance(1s);
  table_.record_traffic("a", {.bytes_received = 1'000'000});
  table_.record_latency("a", 10ms);
  table_.record_latency("a", 10ms);
  EXPECT_GT(state("a").quality_score.value(), 90);
  clock_.advance(1h);
  PeerState peer = state("a");
  EXPECT_EQ(peer.status, PeerStatus::disconnected);
  EXPECT_EQ(peer.quality_score, 0);
  EXPECT_EQ(peer.quality_trend, QualityTrend::degrading);
  EXPECT_EQ(peer.quality_reason, "disconnected: silent for 3600 s");
  EXPECT_EQ(peer.path.total, 0);
  EXPECT_EQ(peer.path_score_5m, 0);
  EXPECT_EQ(peer.voice.value().mean_opinion_score, 1);
  EXPECT_FALSE(peer.latency_ms) << "of a connection that is no more";
  EXPECT_EQ(peer.bandwidth.received_bytes_per_s, 0);
  EXPECT_EQ(table_.network_quality().score, 0);
  table_.record_timeout("a");
  EXPECT_EQ(state("a").quality_reason, "disconnected: silent for 3600 s");
  table_.record_latency("a", 10ms);
  peer = state("a");
  EXPECT_GT(peer.quality_score.value(), 60);
  EXPECT_EQ(peer.quality_trend, QualityTrend::improving);
}

TEST_F(PeerTableTest, APeerThatComesBackByTrafficHasNoQualityBeforeAProbe) {
  table_.add("a");
  table_.record_latency("a", 10ms);
  clock_.advance(1h);
  table_.record_traffic("a", {.bytes_received = 1000});
  PeerState peer = state("a");
  EXPECT_EQ(peer.status, PeerStatus::connected);
  EXPECT_FALSE(peer.quality_score);
  EXPECT_EQ(peer.quality_reason, "");
  EXPECT_EQ(peer.quality_trend, QualityTrend::stable);
  EXPECT_FALSE(peer.latency_ms) << "of before the silence";
  EXPECT_EQ(peer.path.total, 0);
  EXPECT_FALSE(peer.voice);
  EXPECT_FALSE(table_.network_quality().score) << "it is not among those that have a score";
  table_.record_latency("a", 10ms);
  peer = state("a");
  EXPECT_GT(peer.quality_score.value(), 60);
  EXPECT_EQ(peer.quality_trend, QualityTrend::improving) << "from the 0 of the silence";
}

TEST_F(PeerTableTest, APeerThatWasNeverHeardCountsToo) {
  table_.add("a");
  table_.add("b");
  table_.record_latency("a", 0ms);
  clock_.advance(20s);
  table_.record_latency("a", 0ms);
  EXPECT_EQ(table_.network_quality().score, 100) << "nothing is known of the other yet";
  clock_.advance(10s);
  EXPECT_EQ(state("b").quality_score, 0);
  EXPECT_EQ(table_.network_quality().score, 50);
}

TEST_F(PeerTableTest, AFlawlessPeerThatIsOnlyProbedIsAnA) {
  table_.add("a");
  for (int i = 0; i < 4; ++i) table_.record_latency("a", 0ms);
  EXPECT_EQ(state("a").path.total, 100);
  EXPECT_FALSE(state("a").path.bandwidth);
  table_.record_traffic("a", {.bytes_sent = 1});
  table_.record_latency("a", 0ms);
  EXPECT_FALSE(state("a").path.bandwidth) << "one total is no rate";
  clock_.advance(1s);
  table_.record_traffic("a", {.bytes_sent = 500'001});
  table_.record_latency("a", 0ms);
  EXPECT_EQ(state("a").path.bandwidth, 20) << "4 Mbit/s";
  EXPECT_DOUBLE_EQ(state("a").path.total, 88);
}

TEST_F(PeerTableTest, OneAnswerHasNoJitterAndNoAnswerNone) {
  table_.add("a");
  table_.record_timeout("a");
  EXPECT_EQ(state("a").path.total, 0);
  table_.record_latency("a", 0ms);
  EXPECT_FALSE(state("a").path.jitter);
}

TEST_F(PeerTableTest, SilenceCountsByItsLength) {
  table_.add("a");
  table_.record_latency("a", 0ms);
  clock_.advance(2min);
  // Of two minutes the peer was disconnected for one and a half.
  EXPECT_DOUBLE_EQ(state("a").path_score_5m.value(), 25);
  table_.record_timeout("a");
  EXPECT_DOUBLE_EQ(state("a").path_score_5m.value(), 25) << "a probe into the silence counts once";
  table_.record_latency("a", 0ms);
  table_.set_packet_loss("a", 0);
  const double after = (state("a").path.total + 100) / 2;
  EXPECT_DOUBLE_EQ(state("a").path_score_5m.value(), after / 4);
  clock_.advance(10min);
  EXPECT_EQ(state("a").path_score_5m, 0);

  table_.add("b");
  table_.record_latency("b", 0ms);
  clock_.advance(3h);
  const auto hours = table_.hourly("b").value();  // 22:25:20 to 01:25:20
  ASSERT_EQ(hours.size(), 4U);
  EXPECT_EQ(hours[0].count, 1U);
  EXPECT_EQ(hours[0].min, 0);
  EXPECT_EQ(hours[0].max, 100);
  EXPECT_NEAR(hours[0].average, 100 * 30.0 / (34 * 60 + 40), 1e-6);
  EXPECT_EQ(hours[1].count, 0U);
  EXPECT_EQ(hours[1].average, 0);
  EXPECT_EQ(hours[3].average, 0);
  clock_.advance(48h);
  EXPECT_EQ(table_.hourly("b").value().size(), 24U);
  table_.record_latency("b", 0ms);
  EXPECT_EQ(table_.hourly("b").value().size(), 24U);
}

TEST_F(PeerTableTest, ManyShortSilencesCountByTheirLength) {
  PeerTable impatient({.latency_points = 400, .disconnected_after = 1s, .clock = &clock_});
  impatient.add("a");
  for (int i = 0; i < 300; ++i) {
    impatient.record_latency("a", 0ms);
    clock_.advance(2s);  // of which one is a silence
  }
  EXPECT_NEAR(impatient.find("a")->path_score_5m.value(), 50, 1);
  for (int i = 0; i < 600; ++i) {
    impatient.record_latency("a", 0ms);
    clock_.advance(500ms);
  }
  EXPECT_NEAR(impatient.find("a")->path_score_5m.value(), 100, 1) << "older than five minutes";
}

TEST_F(PeerTableTest, AnHourThatBeganWithASilenceHasALeastOfZero) {
  PeerTable impatient({.disconnected_after = 1s, .clock = &clock_});
  clock_.advance(46min + 30s);  // to ten seconds before an hour
  impatient.add("a");
  impatient.record_latency("a", 0ms);
  clock_.advance(30s);
  EXPECT_EQ(impatient.hourly("a")->back().min, 0);
  impatient.record_latency("a", 0ms);
  const HourlyScore hour = impatient.hourly("a")->back();
  EXPECT_EQ(hour.count, 1U);
  EXPECT_EQ(hour.min, 0);
  EXPECT_EQ(hour.max, 100);
}

TEST_F(PeerTableTest, BandwidthIsOfTheLastTwoTotals) {
  table_.add("a");
  table_.record_traffic("a", {.bytes_sent = 1000, .bytes_received = 500});
  EXPECT_EQ(state("a").bandwidth.sent_bytes_per_s, 0);
  clock_.advance(2s);
  table_.record_traffic("a", {.bytes_sent = 3000, .bytes_received = 1500});
  EXPECT_EQ(state("a").bandwidth.sent_bytes_per_s, 1000);
  EXPECT_EQ(state("a").bandwidth.received_bytes_per_s, 500);
  table_.record_traffic("a", {.bytes_sent = 9000, .bytes_received = 9000});
  EXPECT_EQ(state("a").bandwidth.sent_bytes_per_s, 1000) << "no time has passed";
  clock_.advance(1s);
  table_.record_traffic("a", {.bytes_sent = 70, .bytes_received = 1600});
  EXPECT_EQ(state("a").bandwidth.sent_bytes_per_s, 70) << "the counter began anew";
}

TEST_F(PeerTableTest, LatenciesAreOfTheTimeAsked) {
  table_.add("a");
  for (int i = 1; i <= 6; ++i) {
    clock_.advance(1s);
    table_.record_latency("a", std::chrono::milliseconds(i));
  }
  const auto latencies_of = [&](std::chrono::steady_clock::duration duration) {
    std::vector<double> all;
    const auto points = table_.latencies("a", duration).value();
    for (const LatencyPoint& point : points) all.push_back(point.latency_ms);
    return all;
  };
  EXPECT_EQ(latencies_of(1h), (std::vector<double>{3, 4, 5, 6})) << "four are kept";
  EXPECT_EQ(latencies_of(1s), (std::vector<double>{5, 6}));
  EXPECT_EQ(latencies_of(0s), (std::vector<double>{6}));
  EXPECT_EQ(latencies_of(std::chrono::steady_clock::duration::max()).size(), 4U);
  EXPECT_EQ(latencies_of(std::chrono::steady_clock::duration::min()).size(), 1U);
}

TEST_F(PeerTableTest, HoursAreKeptForADay) {
  PeerTable patient({.disconnected_after = 2h, .clock = &clock_});
  patient.add("a");
  for (int hour = 0; hour < 30; ++hour) {
    patient.record_latency("a", std::chrono::milliseconds(hour));
    patient.record_latency("a", std::chrono::milliseconds(hour + 10));
    clock_.advance(1h);
  }
  const auto hours = patient.hourly("a").value();
  ASSERT_EQ(hours.size(), 23U) << "the hour that has just begun has no score yet";
  EXPECT_TRUE(std::is_sorted(hours.begin(), hours.end(), [](auto& a, auto& b) { return a.begin < b.begin; }));
  for (const HourlyScore& hour : hours) {
    EXPECT_EQ(hour.count, 2U);
    EXPECT_DOUBLE_EQ(hour.average, (hour.min + hour.max) / 2);
  }
}

TEST_F(PeerTableTest, TheLastFiveMinutesHaveAMean) {
  PeerTable patient({.disconnected_after = 1h, .clock = &clock_});
  const auto peer = [&] { return patient.find("a").value(); };
  patient.add("a");
  patient.record_timeout("a");
  const double bad = peer().path.total;
  EXPECT_EQ(peer().path_score_5m, bad);
  clock_.advance(4min);
  patient.record_latency("a", 10ms);
  const double good = peer().path.total;
  EXPECT_DOUBLE_EQ(peer().path_score_5m.value(), (bad + good) / 2);
  clock_.advance(2min);
  EXPECT_DOUBLE_EQ(peer().path_score_5m.value(), good);
}

TEST_F(PeerTableTest, TheNetworkIsTheMeanOfItsPeers) {
  table_.add("a");
  table_.add("b");
  table_.add("c");
  table_.record_latency("a", 10ms);
  table_.record_timeout("b");
  const NetworkQuality network = table_.network_quality();
  EXPECT_DOUBLE_EQ(network.score.value(), (state("a").path.total + state("b").path.total) / 2);
  EXPECT_EQ(network.peers, 3U);
  EXPECT_EQ(network.connected, 2U);
  EXPECT_EQ(network.degraded, 1U);
  EXPECT_EQ(network.disconnected, 0U);
  clock_.advance(31s);
  EXPECT_EQ(table_.network_quality().disconnected, 3U);
  EXPECT_EQ(table_.network_quality().score, 0);
}

// Against all probes, kept in a plain list.
RC_GTEST_PROP(PeerTable, KeepsTheLastProbes, (const std::vector<std::uint16_t>& probes)) {
  constexpr std::size_t kPoints = 7;
  ManualClock clock;
  PeerTable table({.latency_points = kPoints, .clock = &clock});
  table.add("a");
  std::deque<double> kept;
  for (const std::uint16_t probe : probes) {
    const bool lost = probe % 5 == 0;
    clock.advance(1s);
    if (lost) {
      table.record_timeout("a");
    } else {
      table.record_latency("a", std::chrono::milliseconds(probe));
    }
    kept.push_back(lost ? std::numeric_limits<double>::quiet_NaN() : probe);
    if (kept.size() > kPoints) kept.pop_front();
  }
  const std::vector<double> all(kept.begin(), kept.end());
  const Aggregate expected = aggregate(all);
  const PeerState peer = table.find("a").value();
  RC_ASSERT(peer.latencies.count == expected.count);
  RC_ASSERT(peer.latencies.p95 == expected.p95);
  RC_ASSERT(peer.jitter_ms == deviation_jitter(all));
  const auto points = table.latencies("a", 1h).value();
  RC_ASSERT(points.size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    RC_ASSERT(points[i].latency_ms == all[i] || (std::isnan(points[i].latency_ms) && std::isnan(all[i])));
  }
  const double lost = 100 * static_cast<double>(all.size() - expected.count) /
                      static_cast<double>(std::max<std::size_t>(all.size(), 1));
  RC_ASSERT(peer.packet_loss_percent == lost);
}

TEST(PeerTable, TakesManyThreads) {
  PeerTable table({.max_peers = 8});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&table, t] {
      const std::string id = std::to_string(t % 2);
      for (int i = 0; i < 500; ++i) {
        table.add(id);
        table.record_latency(id, 1ms);
        (void)table.all();
        if (t == 0 && i % 50 == 0) table.remove(id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(table.all().size(), 2U);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::peers
