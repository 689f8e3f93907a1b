#include <kymo/base/file_descriptor.h>
#include <kymo/probe/prober.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>

#include <kymo/net/http_server.h>
#include <kymo/peers/peer_table.h>
#include <kymo/probe/echo_responder.h>

#include "tests/net/certificates.h"
#include "tests/net/server_fixture.h"
#include "tests/probe/echo_peer.h"

namespace kymo::KYMO_ABI::probe {
namespace {

using namespace std::chrono_literals;
using test::count;
using test::EchoPeer;
using test::Results;
using testing::HasSubstr;

constexpr auto kPatient = std::chrono::milliseconds(60'000);

Target udp_target(const EchoResponder& responder) { return Target::parse("udp://" + responder.address()); }

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
    // A reply that came meanwhile arrived before its timeout.
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

TEST(Prober, TellsARespondersLimitFromALoss) {
  const EchoResponder strict({.listen = "127.0.0.1:0", .answers_per_second_per_source = 20});
  peers::PeerTable peers;
  Results results;
  Prober prober({.peers = &peers, .on_result = results.sink(), .probes_per_second = 1e6});
  prober.add("a", udp_target(strict), {.interval = 1ms, .timeout = 5s, .count = 300});
  const auto all = results.wait_for(300);
  const auto counts = prober.counts("a").value();
  EXPECT_GT(counts.limited, 150U);
  EXPECT_EQ(counts.answered + counts.limited + counts.lost, 300U);
  EXPECT_LT(counts.lost, 128U) << "but for those after the last notice";
  EXPECT_EQ(counts.strays, 0U);
  for (const auto& one : all) {
    if (one.outcome != ProbeOutcome::answered) {
      EXPECT_THAT(one.reason, HasSubstr("limit for one address"));
    }
  }
  const peers::PeerState peer = peers.find("a").value();
  EXPECT_EQ(peer.probes_sent, 300U);
  EXPECT_EQ(peer.probes_limited, counts.limited);
  EXPECT_DOUBLE_EQ(peer.packet_loss_percent, 100 * static_cast<double>(counts.lost) /
                                                 static_cast<double>(counts.answered + counts.lost))
      << "a limit is none of the path's";
}

TEST(Prober, AForgedNoticeIsAStray) {
  EchoPeer peer([](EchoMessage request, const auto& answer) {
    EchoMessage notice{.type = EchoType::notice,
                       .session = request.session + 2,
                       .sequence = request.sequence,
                       .limit = EchoLimit::source,
                       .refused = {1, 0}};
    answer(notice);
    notice.session = request.session;
    notice.sequence = request.sequence + 1000;
    notice.refused = {~std::uint64_t{0}, ~std::uint64_t{0}};
    answer(notice);
    notice.sequence = 0;
    answer(notice);
    answer(EchoPeer::answer_to(request));
  });
  Results results;
  Prober prober({.on_result = results.sink()});
  prober.add("a", peer.target(), {.timeout = kPatient, .count = 1});
  EXPECT_EQ(results.wait_for(1)[0].outcome, ProbeOutcome::answered);
  EXPECT_EQ(prober.counts("a"), (ProbeCounts{.sent = 1, .answered = 1, .strays = 1}));
}

TEST(Prober, TellsWhenAProbeWasSent) {
  const EchoResponder responder({.listen = "127.0.0.1:0"});
  const auto before = std::chrono::system_clock::now() - 1ms;
  std::atomic<bool> is_within{false};
  Results results;
  const auto sink = results.sink();
  Prober prober({.on_result = [&](const ProbeResult& result) {
    is_within = result.sent >= before && result.sent <= std::chrono::system_clock::now() + 1ms;
    sink(result);
  }});
  prober.add("a", udp_target(responder), {.timeout = kPatient, .count = 1});
  results.wait_for(1);
  EXPECT_TRUE(is_within);
}

/// The details of one probe.
ProbeDetails details_of(const std::string& target, std::string* reason = nullptr,
                        std::chrono::milliseconds timeout = kPatient) {
  ProbeDetails details;
  Results results;
  const auto sink = results.sink();
  Prober prober({.on_result = [&](const ProbeResult& result) {
    if (result.details != nullptr) details = *result.details;
    if (result.outcome == ProbeOutcome::answered) {
      const ProbePhases& phases = result.details->phases;
      const auto of = [](const auto& time) { return time.value_or(0ns); };
      EXPECT_GE(result.round_trip,
                of(phases.resolve) + of(phases.connect) + of(phases.tls) + of(phases.first_byte));
    }
    sink(result);
  }});
  prober.add("a", Target::parse(target), {.timeout = timeout, .count = 1});
  const auto all = results.wait_for(1);
  if (reason != nullptr) *reason = all.at(0).reason;
  return details;
}

TEST(Prober, TakesARequestApart) {
  net::HttpServerOptions options;
  options.limits.header_time = options.limits.write_time = kPatient;
  const auto handler = [](const net::HttpRequest& request) {
    net::HttpResponse response = net::test::text_response(std::string(3 << 20, 'x'));
    if (request.path == "/missing") response.status = 404;
    if (request.path == "/empty") response.body = nullptr;
    return response;
  };
  const auto server = net::test::start_server(handler, options);
  const std::string address = server->endpoint().to_string();
  ProbeDetails details = details_of("http://" + address + "/large");
  EXPECT_EQ(details.http_status, 200U);
  EXPECT_TRUE(details.phases.connect && details.phases.first_byte);
  EXPECT_FALSE(details.phases.resolve || details.phases.tls || details.certificate_end);
  EXPECT_EQ(details_of("http://" + address + "/missing").http_status, 404U);
  EXPECT_EQ(details_of("http://" + address + "/empty").http_status, 200U);

  options.tls = net::test::any_identity();
  const auto secure = net::test::start_server(handler, options);
  const std::string secure_address = secure->endpoint().to_string();
  details = details_of("https://" + secure_address + "/large");
  EXPECT_EQ(details.http_status, 200U);
  EXPECT_TRUE(details.phases.tls);
  EXPECT_TRUE(details.certificate_end);
  EXPECT_THAT(details.certificate_trouble, HasSubstr("self"));
  details = details_of("tls://" + secure_address);
  EXPECT_TRUE(details.phases.tls && details.certificate_end);
  EXPECT_FALSE(details.http_status || details.phases.first_byte);

  std::string reason;
  details_of("https://" + address, &reason);
  EXPECT_THAT(reason, HasSubstr("no TLS"));
  details_of("http://" + std::string("no-such-host.invalid"), &reason);
  EXPECT_THAT(reason, HasSubstr("no-such-host.invalid has no address"));
  details_of("http://127.0.0.1:" + std::to_string(test::UdpSocket().port()), &reason);
  EXPECT_THAT(reason, HasSubstr("connection refused"));
}

/// Accepts connections and sends each the same bytes.
class TcpPeer {
 public:
  explicit TcpPeer(std::string bytes)
      : bytes_(std::move(bytes)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address_;
    ::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address_), &length);
    ::listen(fd_.get(), 16);
    thread_ = std::thread([this] { run(); });
  }
  TcpPeer(const TcpPeer&) = delete;
  TcpPeer& operator=(const TcpPeer&) = delete;
  ~TcpPeer() {
    ::shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }
  [[nodiscard]] std::string address() const {
    return "127.0.0.1:" + std::to_string(ntohs(address_.sin_port));
  }

 private:
  void run() {
    for (;;) {
      const base::FileDescriptor one(::accept(fd_.get(), nullptr, nullptr));
      if (!one) return;
      std::array<char, 1024> request{};
      static_cast<void>(::recv(one.get(), request.data(), request.size(), 0));
      static_cast<void>(::send(one.get(), bytes_.data(), bytes_.size(), MSG_NOSIGNAL));
      if (bytes_.empty()) static_cast<void>(::recv(one.get(), request.data(), request.size(), 0));
    }
  }

  std::string bytes_;
  base::FileDescriptor fd_;
  sockaddr_in address_{};
  std::thread thread_;
};

TEST(Prober, SaysWhatIsWrongWithAnAnswer) {
  std::string reason;
  details_of("http://" + TcpPeer("SSH-2.0-OpenSSH_9.2\r\n").address(), &reason);
  EXPECT_THAT(reason, HasSubstr("not HTTP"));
  details_of("http://" + TcpPeer("HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x')).address(), &reason);
  EXPECT_THAT(reason, HasSubstr("16 KiB"));
  details_of("http://" + TcpPeer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").address(), &reason);
  EXPECT_THAT(reason, HasSubstr("was cut off"));
  const ProbeDetails details = details_of(
      "http://" + TcpPeer("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.0 503 Busy\r\n\r\nuntil the end")
                      .address(),
      &reason);
  EXPECT_EQ(details.http_status, 503U) << reason;
  details_of("http://" + TcpPeer("").address(), &reason, 300ms);
  EXPECT_THAT(reason, HasSubstr("the first byte took longer"));
  details_of("tls://" + TcpPeer("").address(), &reason, 300ms);
  EXPECT_THAT(reason, HasSubstr("TLS handshake"));
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
    if (result.sequence == 1) throw 1;
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
}  // namespace kymo::KYMO_ABI::probe
