#include <kymo/live/metrics_hub.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live_fixture.h"

namespace kymo::KYMO_ABI::live {
namespace {

using net::WebSocketClose;
using test::FakeClient;
using test::LiveWorld;
using namespace std::chrono_literals;

constexpr const char* kAll = R"({"type":"subscribe"})";

double number_of(const FakeClient& client) {
  const auto values = client.state.values();
  return values.at({"number", "{}"}).to_number<double>();
}

std::string type_of(const FakeClient& client) { return std::string(client.last().at("type").as_string()); }

TEST(LiveHub, IsNeverDueWithoutClients) {
  LiveWorld world;
  world.settle({});
  EXPECT_EQ(world.due, MetricsHub::Time::max());
  FakeClient client(world.hub);
  EXPECT_EQ(world.wakes, 1);
  client.say(kAll);
  world.settle({&client});
  EXPECT_LE(world.due, world.clock.steady_now() + 1s);
  client.leave();
  world.settle({});
  world.advance(29s, {});
  EXPECT_LT(world.due, MetricsHub::Time::max());  // for its return
  world.advance(1s, {});
  EXPECT_EQ(world.due, MetricsHub::Time::max());
  EXPECT_EQ(world.hub.statistics().clients, 0U);
}

TEST(LiveHub, GivesEverythingToWhoSaysNothing) {
  LiveWorld world;
  world.write_number(1);
  FakeClient client(world.hub);
  world.settle({&client});
  EXPECT_EQ(type_of(client), "hello");
  EXPECT_EQ(world.due, world.clock.steady_now() + 1s);
  world.advance(1s, {&client});
  EXPECT_EQ(type_of(client), "full");
  EXPECT_EQ(number_of(client), 1);
}

TEST(LiveHub, EncodesOnceForAllWhoWantTheSame) {
  LiveWorld world;
  world.write_number(1);
  std::vector<std::unique_ptr<FakeClient>> owned;
  std::vector<FakeClient*> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(owned.emplace_back(std::make_unique<FakeClient>(world.hub)).get());
    clients.back()->say(i % 2 == 0 ? kAll : R"({"type":"subscribe","names":["*","a"],"rate_hz":1})");
  }
  world.settle(clients);
  world.encoded = world.snapshots = 0;
  for (int tick = 0; tick < 10; ++tick) {
    world.write_number(tick + 2);
    world.advance(1s, clients);
  }
  EXPECT_EQ(world.encoded, 10);
  EXPECT_EQ(world.snapshots, 10);
  for (const FakeClient* const client : clients) {
    EXPECT_EQ(number_of(*client), 11);
    EXPECT_EQ(client->messages.back(), clients.front()->messages.back());  // the same bytes, not equal ones
  }
}

TEST(LiveHub, KeepsToTheRateThatIsAskedFor) {
  LiveWorld world;
  world.write_number(1);
  FakeClient slow(world.hub);
  FakeClient fast(world.hub);
  slow.say(kAll);
  fast.say(R"({"type":"subscribe","rate_hz":10})");
  world.settle({&slow, &fast});
  const auto slow_begin = slow.state.seq();
  const auto fast_begin = fast.state.seq();
  for (int i = 0; i < 50; ++i) world.advance(100ms, {&slow, &fast});
  EXPECT_EQ(slow.state.seq() - slow_begin, 5U);
  EXPECT_EQ(fast.state.seq() - fast_begin, 50U);
  EXPECT_EQ(world.due, world.clock.steady_now() + 100ms);
  fast.leave();
  world.settle({&slow});
  for (int i = 0; i < 300; ++i) world.advance(100ms, {&slow});
  EXPECT_EQ(world.due, world.clock.steady_now() + 1s);  // nobody asks for more any longer
}

TEST(LiveHub, TellsWhatChangedAndNothingElse) {
  LiveWorld world;
  const auto write = [&](double a, bool with_b) {
    world.write([&](SnapshotWriter& writer) {
      FamilyWriter family = writer.gauge({"f", "A family."});
      family.add({{"s", "a"}}, a);
      if (with_b) family.add({{"s", "b"}}, 5);
      family.add({{"s", "c"}}, 7);
    });
  };
  write(1, true);
  FakeClient client(world.hub);
  client.say(kAll);
  world.settle({&client});
  world.advance(1s, {&client});
  EXPECT_EQ(client.last().size(), 4U) << *client.messages.back();  // type, seq, time, uptime
  write(2, true);
  world.advance(1s, {&client});
  EXPECT_EQ(client.last().at("values"), boost::json::parse("[[0,2]]"));
  write(2, false);
  world.advance(1s, {&client});
  EXPECT_EQ(client.last().at("gone"), boost::json::parse("[1]"));
  EXPECT_FALSE(client.last().contains("values"));
  write(2, true);
  world.advance(1s, {&client});
  EXPECT_EQ(client.last().at("series"), boost::json::parse(R"([{"id":3,"family":0,"labels":{"s":"b"}}])"));
  EXPECT_EQ(client.last().at("values"), boost::json::parse("[[3,5]]"));
}

// As what is recorded by name when somebody registers it later: its unit is known from then on.
TEST(LiveHub, TellsOfAnotherUnitOrHelpOfAFamily) {
  LiveWorld world;
  const auto write = [&](std::string_view unit, std::string_view help) {
    world.write([=](SnapshotWriter& writer) { writer.gauge({"f", help, unit}).add({}, 7); });
  };
  write("", "Values set by name.");
  FakeClient client(world.hub);
  client.say(kAll);
  world.settle({&client});
  write("bytes", "Values set by name.");
  world.advance(1s, {&client});
  EXPECT_EQ(client.last().at("families").at(0).at("unit"), "bytes");
  EXPECT_EQ(client.last().at("gone"), boost::json::parse("[0]"));
  write("bytes", "Memory of the rooms.");
  world.advance(1s, {&client});
  EXPECT_EQ(client.last().at("families").at(0).at("help"), "Memory of the rooms.");
  FakeClient later(world.hub);
  later.say(kAll);
  world.settle({&later});
  EXPECT_EQ(later.last().at("families").at(0).at("help"), "Memory of the rooms.");
  EXPECT_EQ(client.state.values(), later.state.values());
}

TEST(LiveHub, GivesOneDeltaToWhoWasAway) {
  LiveWorld world;
  world.write_number(1);
  FakeClient client(world.hub);
  client.say(kAll);
  world.settle({&client});
  const auto begin = client.state.seq();
  client.stuck = true;
  for (int i = 2; i <= 9; ++i) {
    world.write_number(i);
    world.advance(1s, {&client});
  }
  client.stuck = false;
  const std::size_t had = client.messages.size();
  world.settle({&client});
  EXPECT_EQ(client.messages.size(), had + 2);  // the one that was on its way, and one for all others
  EXPECT_EQ(client.state.seq(), begin + 8);
  EXPECT_EQ(number_of(client), 9);
  EXPECT_EQ(world.hub.statistics().frames_conflated, 6U);
}

TEST(LiveHub, ClosesWhoTakesNothing) {
  LiveWorld world;
  world.write_number(1);
  FakeClient stuck(world.hub);
  FakeClient quick(world.hub);
  stuck.say(kAll);
  quick.say(kAll);
  world.settle({&stuck, &quick});
  stuck.stuck = true;
  for (int i = 0; i < 10; ++i) {
    world.advance(1s, {&stuck, &quick});
    EXPECT_FALSE(stuck.closed()) << i;
  }
  world.advance(1s, {&stuck, &quick});
  EXPECT_EQ(stuck.closed(), WebSocketClose::try_later);
  EXPECT_EQ(stuck.connection()->reason, "too slow: this client needs more than 10 s to receive a message");
  EXPECT_FALSE(quick.closed());
  EXPECT_EQ(type_of(quick), "delta");
  EXPECT_EQ(world.hub.statistics().slow_closed, 1U);
}

TEST(LiveHub, ReplaysWhatItStillHas) {
  LiveWorld world({.replay_frames = 5});
  world.write_number(0);
  FakeClient first(world.hub);
  first.say(kAll);
  world.settle({&first});
  const auto begin = first.state.seq();
  for (int i = 1; i <= 10; ++i) {
    world.write_number(i);
    world.advance(1s, {&first});
  }
  const auto replay_since = [&](std::uint64_t since) {
    FakeClient client(world.hub);
    client.say(R"({"type":"subscribe","since":)" + std::to_string(since) + "}");
    world.settle({&client});
    const auto full = client.last();
    EXPECT_EQ(full.at("type").as_string(), "full");
    std::vector<double> values;
    if (!full.contains("replay")) return values;
    for (const auto& frame : full.at("replay").as_array()) {
      values.push_back(frame.at("values").at(0).at(1).to_number<double>());
    }
    return values;
  };
  EXPECT_THAT(replay_since(begin + 8), testing::ElementsAre(9, 10));
  EXPECT_THAT(replay_since(begin + 5), testing::ElementsAre(6, 7, 8, 9, 10));
  EXPECT_THAT(replay_since(begin + 4), testing::IsEmpty());  // there would be a gap
  EXPECT_THAT(replay_since(begin + 10), testing::IsEmpty());
  EXPECT_THAT(replay_since(begin + 11), testing::IsEmpty());  // of another life
}

TEST(LiveHub, AnswersPingsAndExplainsErrors) {
  LiveWorld world;
  FakeClient client(world.hub);
  world.settle({&client});
  client.say(R"({"type":"ping","id":7})");
  world.settle({&client});
  EXPECT_EQ(client.last().at("id"), 7);
  for (int i = 0; i < 9; ++i) {
    client.say(R"({"type":"subscribe","names":"a"})");
    world.settle({&client});
    EXPECT_THAT(std::string(client.last().at("error").as_string()),
                testing::HasSubstr("names: expected a list"));
  }
  EXPECT_FALSE(client.closed());
  client.say("{}");
  world.settle({&client});
  EXPECT_EQ(client.closed(), WebSocketClose::not_allowed);
  EXPECT_EQ(world.hub.statistics().messages_refused, 10U);
}

TEST(LiveHub, BoundsWhatAClientCanQueue) {
  LiveWorld world;
  FakeClient flooder(world.hub);
  for (int i = 0; i < 40; ++i) flooder.say(R"({"type":"ping"})");
  EXPECT_EQ(flooder.closed(), WebSocketClose::not_allowed);
  FakeClient taker(world.hub);
  taker.stuck = true;
  for (int i = 0; i < 40; ++i) {
    taker.say(R"({"type":"ping"})");
    world.settle({&taker});
  }
  EXPECT_EQ(taker.closed(), WebSocketClose::not_allowed);
  FakeClient binary(world.hub);
  binary.connection()->close(WebSocketClose::normal, {});
  world.settle({});
}

TEST(LiveHub, BoundsDifferentSubscriptions) {
  LiveWorld world({.subscriptions = 2});
  FakeClient a(world.hub);
  FakeClient b(world.hub);
  FakeClient c(world.hub);
  a.say(R"({"type":"subscribe","names":["a"]})");
  b.say(R"({"type":"subscribe","names":["b"]})");
  c.say(R"({"type":"subscribe","names":["c"]})");
  world.settle({&a, &b, &c});
  EXPECT_EQ(type_of(b), "full");
  EXPECT_EQ(type_of(c), "error");
  a.leave();
  c.say(R"({"type":"subscribe","names":["c"]})");
  world.settle({&b, &c});
  EXPECT_EQ(type_of(c), "full");  // in the place of one that nobody listens to
}

TEST(LiveHub, AnyNumberOfOddSubscriptionsKeepsNobodyFromEverything) {
  LiveWorld world({.subscriptions = 2});
  FakeClient a(world.hub);
  FakeClient b(world.hub);
  a.say(R"({"type":"subscribe","names":["a"]})");
  b.say(R"({"type":"subscribe","match":{"b":"b"}})");
  FakeClient slow(world.hub);
  FakeClient fast(world.hub);
  FakeClient silent(world.hub);
  slow.say(R"({"type":"subscribe"})");
  fast.say(R"({"type":"subscribe","rate_hz":10})");
  world.settle({&a, &b, &slow, &fast, &silent});
  world.advance(1500ms, {&a, &b, &slow, &fast, &silent});
  for (const FakeClient* client : {&slow, &fast, &silent}) EXPECT_NE(type_of(*client), "error");
  EXPECT_TRUE(slow.state.seq() > 0 && fast.state.seq() > 0 && silent.state.seq() > 0);
  FakeClient odd(world.hub);
  odd.say(R"({"type":"subscribe","names":["c"]})");
  world.settle({&odd});
  EXPECT_EQ(type_of(odd), "error");
}

TEST(LiveHub, UnsubscribedAndClosedClientsGetNothing) {
  LiveWorld world;
  world.write_number(1);
  FakeClient client(world.hub);
  client.say(kAll);
  client.say(R"({"type":"unsubscribe"})");
  world.settle({&client});
  const std::size_t had = client.messages.size();
  for (int i = 0; i < 5; ++i) world.advance(1s, {&client});
  EXPECT_EQ(client.messages.size(), had);
}

TEST(LiveHub, SkipsFramesThatItIsLateFor) {
  LiveWorld world;
  world.write_number(1);
  FakeClient client(world.hub);
  client.say(kAll);
  world.settle({&client});
  const auto begin = client.state.seq();
  world.advance(5500ms, {&client});
  EXPECT_EQ(client.state.seq(), begin + 5);
  EXPECT_EQ(world.due, world.clock.steady_now() + 500ms);
}

TEST(LiveHub, AFailureLosesNothingButWhatFailed) {
  LiveWorld world;
  world.write_number(1);
  FakeClient failing(world.hub);
  FakeClient leaving(world.hub);
  world.settle({&failing, &leaving});
  failing.say(kAll);
  leaving.leave();
  FakeClient coming(world.hub);
  world.fails = true;
  EXPECT_THROW(world.hub.work(), std::runtime_error);
  world.settle({&failing, &coming});
  EXPECT_EQ(world.hub.statistics().clients, 2U);
  EXPECT_EQ(type_of(coming), "hello");
  world.clock.advance(1s);
  EXPECT_THROW(world.hub.work(), std::runtime_error);  // everything, for those who said nothing
  world.fails = false;
  world.settle({&failing, &coming});
  EXPECT_EQ(number_of(failing), 1);
  EXPECT_EQ(number_of(coming), 1);
}

TEST(LiveHub, MayEndBeforeItsClients) {
  auto world = std::make_unique<LiveWorld>();
  auto client = std::make_unique<FakeClient>(world->hub);
  world->settle({client.get()});
  world.reset();
  client->say(kAll);
  client.reset();
}

TEST(LiveHub, LimitsWithoutEndCloseNobody) {
  constexpr auto kNever = std::chrono::milliseconds::max();
  LiveWorld world({.patience = kNever, .choice_time = kNever, .abandoned_time = kNever});
  FakeClient silent(world.hub);
  FakeClient stuck(world.hub);
  world.settle({&silent, &stuck});
  stuck.say(kAll);
  world.settle({&silent});
  stuck.stuck = true;
  for (int i = 0; i < 3; ++i) world.advance(24h, {&silent, &stuck});
  EXPECT_EQ(stuck.closed(), std::nullopt);
  EXPECT_EQ(silent.messages.size(), 1U) << "the hello; a client that may choose for ever is given nothing";
  EXPECT_EQ(world.hub.statistics().slow_closed, 0U);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
