#include <kymo/probe/prober.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include <kymo/net/http_server.h>
#include <kymo/peers/peer_table.h>
#include <kymo/probe/echo_responder.h>

#include "tests/net/server_fixture.h"
#include "tests/probe/echo_peer.h"

namespace kymo::probe {
namespace {

using namespace std::chrono_literals;
using test::EchoPeer;
using test::Results;
using testing::HasSubstr;

constexpr auto kPatient = std::chrono::milliseconds(60'000);

Target udp_target(const EchoResponder& responder) { return Target::parse("udp://" + responder.address()); }

std::size_t count(const std::vector<Results::One>& all, ProbeOutcome outcome) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [outcome](const auto& one) { return one.outcome == outcome; }));
}

TEST(Prober, MeasuresThroughAResponder) {
  for (const char* listen : {"127.0.0.1:0", "[::1]:0"}) {
    const EchoResponder responder({.listen = listen});
    peers::PeerTable peers;
    Results results;
    Prober prober({.peers = &peers, .on_result = results.sink(), .probes_per_second = 1e6});
    ASSERT_TRUE(prober.add("a", udp_target(responder),
                           {.name = "Anna", .interval = 1ms, .timeout = kPatient, .count = 50}));
    const auto all = results.wait_for(50);
    EXPECT_EQ(count(all, ProbeOutcome::answered), 50U);
    EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](const auto& one) { return one.has_ways; }));
    const auto peer = peers.find("a").value();
    EXPECT_EQ(peer.name, "Anna");
    EXPECT_EQ(peer.probes_answered, 50U);
    EXPECT_EQ(prober.counts("a"), (ProbeCounts{.sent = 50, .answered = 50}));
    EXPECT_TRUE(prober.remove("a"));
    EXPECT_FALSE(prober.remove("a"));
    EXPECT_FALSE(prober.counts("a"));
    EXPECT_FALSE(peers.find("a")) << "it was a peer for as long as it was probed";
  }
}

TEST(Prober, TellsLossCopiesAndOrderApart) {
  std::optional<EchoMessage> held;
  EchoPeer peer([&held](EchoMessage request, const auto& answer) {
    const EchoMessage reply = EchoPeer::answer_to(request);
    if (request.sequence % 10 == 3) return;  // lost
    if (request.sequence % 10 == 5) {
      held = reply;  // overtaken by the next one
      return;
    }
    answer(reply);
    if (request.sequence % 10 == 8) answer(reply);
    if (held) answer(*held);
    held.reset();
  });
  peers::PeerTable peers;
  peers.add("a", "there before");
  Results results;
  Prober prober({.peers = &peers, .on_result = results.sink(), .probes_per_second = 1e6});
  prober.add("a", peer.target(), {.interval = 5ms, .timeout = 3s, .count = 50});
  const auto all = results.wait_for(55);
  EXPECT_EQ(prober.counts("a"),
            (ProbeCounts{.sent = 50, .answered = 45, .lost = 5, .duplicates = 5, .reordered = 5}));
  for (const auto& one : all) {
    EXPECT_EQ(one.outcome == ProbeOutcome::lost, one.sequence % 10 == 3);
    if (one.outcome == ProbeOutcome::duplicate) {
      EXPECT_EQ(one.sequence % 10, 8U);
    }
    EXPECT_EQ(one.reordered, one.sequence % 10 == 5);
  }
  EXPECT_DOUBLE_EQ(peers.find("a")->packet_loss_percent, 10);
  prober.remove("a");
  EXPECT_TRUE(peers.find("a")) << "somebody else's";
}

TEST(Prober, AnAnswerAfterTheTimeoutIsLate) {
  EchoPeer peer([](EchoMessage request, const auto& answer) {
    std::this_thread::sleep_for(100ms);
    answer(EchoPeer::answer_to(request));
  });
  Results results;
  Prober prober({.on_result = results.sink()});
  prober.add("a", peer.target(), {.timeout = 20ms, .count = 1});
  const auto all = results.wait_for(2);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].outcome, ProbeOutcome::lost);
  EXPECT_EQ(all[1].outcome, ProbeOutcome::late);
  EXPECT_GE(all[1].round_trip, 100ms);
  EXPECT_EQ(prober.counts("a"), (ProbeCounts{.sent = 1, .lost = 1, .late = 1}));
}

TEST(Prober, ItsOwnSlownessIsNotThePaths) {
  EchoPeer quick([](EchoMessage request, const auto& answer) { answer(EchoPeer::answer_to(request)); });
  EchoPeer slow([](EchoMessage request, const auto& answer) {
    std::this_thread::sleep_for(100ms);
    answer(EchoPeer::answer_to(request));
  });
  Results results;
  const auto sink = results.sink();
  Prober prober({.on_result = [&sink](const ProbeResult& result) {
    // What came in the meantime was there before its timeout was over.
    if (result.id == "quick") std::this_thread::sleep_for(3s);
    if (result.id == "slow") sink(result);
  }});
  prober.add("slow", slow.target(), {.timeout = 2s, .count = 1});
  prober.add("quick", quick.target(), {.timeout = kPatient, .count = 1});
  const auto one = results.wait_for(1).at(0);
  EXPECT_EQ(one.outcome, ProbeOutcome::answered);
  EXPECT_LT(one.round_trip, 2s);
}

TEST(Prober, AStrangersAnswersAreNone) {
  EchoPeer peer([](EchoMessage request, const auto& answer) {
    answer(request);  // a request that came back
    EchoMessage reply = EchoPeer::answer_to(request);
    ++reply.session;
    answer(reply);
    reply = EchoPeer::answer_to(request);
    ++reply.sequence;
    answer(reply);
  });
  Results results;
  Prober prober({.on_result = results.sink()});
  prober.add("a", peer.target(), {.timeout = 1s, .count = 1});
  EXPECT_EQ(results.wait_for(1)[0].outcome, ProbeOutcome::lost);
  EXPECT_TRUE(net::test::eventually([&] { return prober.counts("a")->strays == 3; }));
  EXPECT_EQ(prober.counts("a"), (ProbeCounts{.sent = 1, .lost = 1, .strays = 3}));
}

TEST(Prober, WhatAResponderSaysOfItsOwnTimeIsTakenWithinReason) {
  EchoPeer peer([](EchoMessage request, const auto& answer) {
    EchoMessage reply = EchoPeer::answer_to(request);
    reply.received_ns = ~std::uint64_t{0} / 2;
    if (request.sequence == 1) reply.answered_ns = reply.received_ns + 3'600'000'000'000;
    if (request.sequence == 2) reply.answered_ns = reply.received_ns - 3'600'000'000'000;
    answer(reply);
  });
  Results results;
  Prober prober({.on_result = results.sink()});
  prober.add("a", peer.target(), {.interval = 5ms, .timeout = kPatient, .count = 2});
  const auto all = results.wait_for(2);
  EXPECT_EQ(all[0].round_trip, 0ms) << "longer there than under way in all";
  EXPECT_GT(all[1].round_trip, 0ms);
  EXPECT_LT(all[1].round_trip, 30min);
}

TEST(Prober, SaysWhatItHeardInsteadOfAnAnswer) {
  const std::uint16_t port = test::UdpSocket().port();  // nobody's, from now on
  Results results;
  Prober prober({.on_result = results.sink()});
  prober.add("udp", {ProbeKind::udp, "127.0.0.1", port, ""}, {.timeout = 200ms, .count = 1});
  EXPECT_THAT(results.wait_for(1)[0].reason, HasSubstr("no responder at this port"));
  prober.add("tcp", {ProbeKind::tcp, "127.0.0.1", port, ""}, {.timeout = kPatient, .count = 1});
  EXPECT_THAT(results.wait_for(2)[1].reason, HasSubstr("connection refused"));
  prober.add("ws", {ProbeKind::websocket, "127.0.0.1", port, "/"}, {.timeout = 1s, .count = 1});
  EXPECT_THAT(results.wait_for(3)[2].reason, HasSubstr("connection refused"));
  prober.add("name", Target::parse("udp://no-such-host.invalid"), {.timeout = 1s, .count = 1});
  EXPECT_THAT(results.wait_for(4)[3].reason, HasSubstr("no-such-host.invalid"));
}

class Silent final : public net::WebSocketHandler {
 public:
  void on_open(std::shared_ptr<net::WebSocketConnection> connection) override {
    const auto text = std::make_shared<const std::string>(100'000, 'x');
    static_cast<void>(connection->send(text));  // what a prober has no use for
  }
  void on_message(std::string_view, net::WebSocketMessage) override {}
  void on_writable() override {}
  void on_close(net::WebSocketClose) override {}
};

TEST(Prober, MeasuresConnectionsAndPings) {
  const auto server = net::test::start_server([](const net::HttpRequest& request) {
    net::HttpResponse response;
    if (request.path == "/ws") response.websocket = std::make_shared<Silent>();
    return response;
  });
  const std::string address = server->endpoint().to_string();
  Results results;
  Prober prober({.on_result = results.sink(), .probes_per_second = 1e6});
  prober.add("tcp", Target::parse("tcp://" + address), {.interval = 5ms, .timeout = kPatient, .count = 20});
  EXPECT_EQ(count(results.wait_for(20), ProbeOutcome::answered), 20U);
  prober.add("ws", Target::parse("ws://" + address + "/ws"),
             {.interval = 5ms, .timeout = kPatient, .count = 20});
  EXPECT_EQ(count(results.wait_for(40), ProbeOutcome::answered), 40U);
  EXPECT_EQ(server->statistics().requests, 1U) << "one connection for all pings";
  prober.add("other", Target::parse("ws://" + address + "/x"), {.timeout = 1s, .count = 1});
  EXPECT_THAT(results.wait_for(41)[40].reason, HasSubstr("the server answered 200"));
}

TEST(Prober, OpensAWebSocketAgain) {
  net::HttpServerOptions options;
  const auto upgrade = [](const net::HttpRequest&) {
    net::HttpResponse response;
    response.websocket = std::make_shared<Silent>();
    return response;
  };
  auto server = net::test::start_server(upgrade, options);
  options.listen = server->endpoint();
  Results results;
  Prober prober({.on_result = results.sink()});
  prober.add("ws", {ProbeKind::websocket, "127.0.0.1", options.listen.port, "/"},
             {.interval = 20ms, .timeout = 200ms});
  EXPECT_EQ(results.wait_for(1)[0].outcome, ProbeOutcome::answered);
  server.reset();
  ASSERT_TRUE(net::test::eventually([&] { return prober.counts("ws")->lost > 0; }));
  const auto before = prober.counts("ws")->answered;
  server = net::test::start_server(upgrade, options);
  EXPECT_TRUE(net::test::eventually([&] { return prober.counts("ws")->answered > before; }));
}

TEST(Prober, SendsIcmpWherePermitted) {
  Results results;
  Prober prober({.on_result = results.sink()});
  try {
    prober.add("v4", Target::parse("icmp://127.0.0.1"), {.interval = 5ms, .timeout = kPatient, .count = 5});
    EXPECT_EQ(count(results.wait_for(5), ProbeOutcome::answered), 5U);
    prober.add("v6", Target::parse("icmp://[::1]"), {.interval = 5ms, .timeout = kPatient, .count = 5});
    EXPECT_EQ(count(results.wait_for(10), ProbeOutcome::answered), 10U);
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("ping_group_range"));
    GTEST_SKIP() << error.what();
  }
}

TEST(Prober, AllTargetsTogetherKeepToTheLimit) {
  const EchoResponder responder({.listen = "127.0.0.1:0"});
  Results results;
  const auto begin = std::chrono::steady_clock::now();
  Prober prober({.on_result = results.sink(), .probes_per_second = 200});
  for (const char* id : {"a", "b", "c", "d"})
    prober.add(id, udp_target(responder), {.interval = 1ms, .timeout = kPatient});
  results.wait_for(60);
  prober.stop();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  EXPECT_LE(static_cast<double>(results.wait_for(60).size()), 10 + 1 + 200 * passed.count());
}

TEST(Prober, TakesSoManyTargets) {
  Prober prober({.max_targets = 1});
  const Target target = Target::parse("udp://127.0.0.1");
  EXPECT_TRUE(prober.add("a", target));
  EXPECT_FALSE(prober.add("b", target)) << "one too many";
  EXPECT_TRUE(prober.remove("a"));
  EXPECT_TRUE(prober.add("b", target));
  EXPECT_FALSE(prober.add("b", target)) << "there already";
  prober.stop();
  prober.stop();
  EXPECT_FALSE(prober.add("c", target));
  EXPECT_FALSE(prober.counts("b"));
}

TEST(Prober, AReaderMayThrowOrEndIt) {
  const EchoResponder responder({.listen = "127.0.0.1:0"});
  std::atomic<Prober*> self{nullptr};
  std::atomic<int> calls{0};
  Prober prober({.on_result = [&](const ProbeResult& result) {
    ++calls;
    if (result.sequence < 3) throw std::runtime_error("as it pleases");
    while (self == nullptr) std::this_thread::yield();
    self.load()->remove(result.id);
  }});
  prober.add("a", udp_target(responder), {.interval = 1ms, .timeout = kPatient});
  self = &prober;
  EXPECT_TRUE(net::test::eventually([&] { return !prober.counts("a"); }));
  const int so_far = calls;
  EXPECT_GE(so_far, 3);
  prober.add("b", udp_target(responder), {.timeout = kPatient, .count = 1});
  EXPECT_TRUE(net::test::eventually([&] { return calls == so_far + 1; }));
}

}  // namespace
}  // namespace kymo::probe
