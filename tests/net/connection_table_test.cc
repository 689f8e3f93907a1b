#include "src/net/connection_table.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::net {
namespace {

using Room = ConnectionTable::Room;
using Stream = ConnectionTable::Stream;
using std::chrono::milliseconds;

const AddressKey kAnn = {4, 10, 0, 0, 1};
const AddressKey kBob = {4, 10, 0, 0, 2};
const AddressKey kProxy = {4, 10, 0, 0, 3};

class ConnectionTableTest : public ::testing::Test {
 protected:
  ConnectionTable::Place add(const AddressKey& address, Phase phase, int since_ms, const std::string& name) {
    return table_.add({address, phase, at(since_ms), [this, name] { closed_.push_back(name); }});
  }
  static SteadyTime at(int ms) { return SteadyTime{} + milliseconds(ms); }

  std::vector<std::string> closed_;
  ConnectionTable table_{{4, 2}};
};

TEST_F(ConnectionTableTest, HasRoomBelowTheLimits) {
  add(kAnn, Phase::waiting, 0, "a");
  EXPECT_EQ(table_.make_room(kAnn, false, at(1)), Room::free);
  EXPECT_TRUE(closed_.empty());
}

TEST_F(ConnectionTableTest, EvictsTheLongestWaitingOfTheSameAddress) {
  add(kBob, Phase::waiting, 0, "b");
  add(kAnn, Phase::waiting, 5, "a1");
  add(kAnn, Phase::waiting, 3, "a2");
  EXPECT_EQ(table_.make_room(kAnn, false, at(9)), Room::made_by_eviction);
  EXPECT_EQ(closed_, std::vector<std::string>{"a2"});
  EXPECT_EQ(table_.size(), 2U);
}

TEST_F(ConnectionTableTest, EvictsOfAnyAddressWhenAllPlacesAreTaken) {
  add(kBob, Phase::waiting, 1, "b");
  add(kAnn, Phase::waiting, 2, "a");
  add({6, 1}, Phase::answering, 0, "c");
  add({6, 2}, Phase::answering, 0, "d");
  EXPECT_EQ(table_.make_room({6, 3}, false, at(9)), Room::made_by_eviction);
  EXPECT_EQ(closed_, std::vector<std::string>{"b"});
}

TEST_F(ConnectionTableTest, StreamsHaveThreeQuartersOfThePlaces) {
  ConnectionTable table({8, 4});
  std::vector<ConnectionTable::Place> places;
  for (int i = 0; i < 4; ++i) places.push_back(table.add({kAnn, Phase::answering, at(0), [] {}}));
  int left = 0;
  const auto make = [&](std::size_t i) {
    return table.make_stream(
        places[i], kAnn, [] {}, [&left](const Farewell& farewell) { left += farewell.reason == "over"; });
  };
  for (const std::size_t i : {0, 1, 2}) EXPECT_EQ(make(i), Stream::made);
  EXPECT_EQ(make(3), Stream::none_for_address);
  // A stream whose client takes all is not for sparing.
  EXPECT_EQ(table.make_room(kAnn, false, at(9)), Room::none_for_address);
  table.close_unoccupied({WebSocketClose::going_away, "over"});
  EXPECT_EQ(left, 3);
  table.remove(places[0]);
  EXPECT_EQ(make(3), Stream::made);
}

TEST_F(ConnectionTableTest, AStreamOfAProxyCountsForItsClient) {
  ConnectionTable table({16, 4});
  std::vector<ConnectionTable::Place> places;
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(table.make_room(kProxy, true, at(0)), Room::free);
    places.push_back(
        table.add({.address = kProxy, .phase = Phase::answering, .close = [] {}, .is_proxy = true}));
  }
  const auto make = [&](std::size_t i, const AddressKey& client) {
    return table.make_stream(places[i], client, [] {}, [](const Farewell&) {});
  };
  for (const std::size_t i : {0, 1, 2}) EXPECT_EQ(make(i, kAnn), Stream::made);
  EXPECT_EQ(make(3, kAnn), Stream::none_for_address);
  EXPECT_EQ(make(3, kBob), Stream::made);
  table.remove(places[0]);
  EXPECT_EQ(make(4, kAnn), Stream::made);
  EXPECT_EQ(table.size(), 7U);
  for (std::size_t i = 1; i < places.size(); ++i) table.remove(places[i]);
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.make_room(kProxy, false, at(9)), Room::free) << "nothing is left counted for it";
}

TEST_F(ConnectionTableTest, SaysWhetherAnAddressOrAllAreTheLimit) {
  ConnectionTable table({4, 4});
  std::vector<ConnectionTable::Place> places;
  for (const AddressKey& key : {kAnn, kAnn, kBob, kBob}) {
    places.push_back(table.add({.address = key, .phase = Phase::answering, .close = [] {}}));
  }
  const auto make = [&](std::size_t i, const AddressKey& client) {
    return table.make_stream(places[i], client, [] {}, [](const Farewell&) {});
  };
  EXPECT_EQ(make(0, kAnn), Stream::made);
  EXPECT_EQ(make(1, kAnn), Stream::made);
  EXPECT_EQ(make(2, kBob), Stream::made);
  EXPECT_EQ(make(3, kBob), Stream::none);
  EXPECT_EQ(table.make_room({6, 1}, false, at(9)), Room::none);
}

TEST_F(ConnectionTableTest, RefusesWhereAllAreAtWork) {
  add(kAnn, Phase::answering, 0, "a1");
  add(kAnn, Phase::sending, 0, "a2");
  EXPECT_EQ(table_.make_room(kAnn, false, at(999)), Room::none_for_address);
  EXPECT_EQ(table_.make_room(kAnn, true, at(999)), Room::free) << "a proxy is not one address";
  EXPECT_EQ(table_.make_room(kBob, false, at(999)), Room::free);
  EXPECT_TRUE(closed_.empty());
}

TEST_F(ConnectionTableTest, EvictsAStalledReceiverAfterASecondAndBeforeWaitingOnes) {
  add(kAnn, Phase::waiting, 0, "waiting");
  add(kAnn, Phase::sending, 1, "stalled");
  EXPECT_EQ(table_.make_room(kAnn, false, at(1000)), Room::made_by_eviction);
  EXPECT_EQ(closed_.back(), "waiting") << "the other has had less than a second";
  add(kAnn, Phase::waiting, 0, "waiting too");
  EXPECT_EQ(table_.make_room(kAnn, false, at(1001)), Room::made_by_eviction);
  EXPECT_EQ(closed_.back(), "stalled");
}

TEST_F(ConnectionTableTest, EvictsTheLongestStalledOfWhateverAddress) {
  ConnectionTable table({3, 3});
  std::string closed;
  const auto add = [&](const AddressKey& address, int since, const std::string& name) {
    table.add({address, Phase::sending, at(since), [&closed, name] { closed = name; }});
  };
  add(kAnn, 2, "a2");
  add(kAnn, 3, "a3");
  add(kBob, 1, "b1");
  EXPECT_EQ(table.make_room(kProxy, false, at(2000)), Room::made_by_eviction);
  EXPECT_EQ(closed, "b1");
}

TEST_F(ConnectionTableTest, AClientThatLeavesItsResponseInTheKernelIsStalled) {
  std::size_t untaken = 20'000;
  const auto lazy = table_.add({.address = kAnn,
                                .phase = Phase::sending,
                                .since = at(0),
                                .close = [this] { closed_.emplace_back("lazy"); },
                                .untaken = [&untaken] { return untaken; }});
  table_.set_phase(lazy, Phase::waiting, at(500));
  add(kAnn, Phase::waiting, 0, "idle");
  untaken = 10'000;  // it takes its time, but it takes it
  EXPECT_EQ(table_.make_room(kAnn, false, at(1600)), Room::made_by_eviction);
  EXPECT_EQ(closed_.back(), "idle");
  add(kAnn, Phase::waiting, 0, "idle too");
  EXPECT_EQ(table_.make_room(kAnn, false, at(2600)), Room::made_by_eviction);
  EXPECT_EQ(closed_.back(), "lazy");
}

TEST_F(ConnectionTableTest, EvictsOfTheAddressWithMostPlacesFirst) {
  ConnectionTable table({5, 4});
  std::vector<std::string> closed;
  const auto add = [&](const AddressKey& address, Phase phase, int since, const std::string& name) {
    return table.add({address, phase, at(since), [&closed, name] { closed.push_back(name); }});
  };
  add(kBob, Phase::waiting, 0, "light");
  for (const auto* name : {"a1", "a2", "a3", "a4"}) add(kAnn, Phase::waiting, 5, name);
  EXPECT_EQ(table.make_room({6, 3}, false, at(2000)), Room::made_by_eviction);
  EXPECT_EQ(closed, std::vector<std::string>{"a1"});
}

TEST_F(ConnectionTableTest, AnAddressWithFewPlacesGetsOneOfASenderThatHasMore) {
  ConnectionTable table({4, 3});
  std::vector<std::string> closed;
  const auto add = [&](const AddressKey& address, Phase phase, int since, const std::string& name) {
    return table.add({address, phase, at(since), [&closed, name] { closed.push_back(name); }});
  };
  add(kBob, Phase::waiting, 99, "fresh and light");
  for (const auto* name : {"a1", "a2", "a3"}) add(kAnn, Phase::sending, 50, name);
  EXPECT_EQ(table.make_room({6, 3}, false, at(100)), Room::made_by_eviction);
  EXPECT_EQ(closed, std::vector<std::string>{"a1"});
  add({6, 3}, Phase::answering, 100, "new");
  EXPECT_EQ(table.make_room(kAnn, false, at(100)), Room::none) << "of who has fewer, nothing fresh is taken";
  ConnectionTable streams({1, 1});
  streams.add({.address = kAnn, .phase = Phase::sending, .since = at(50), .close = [] {}, .is_stream = true});
  EXPECT_EQ(streams.make_room(kBob, false, at(100)), Room::none) << "a message on its way ends no WebSocket";
}

TEST_F(ConnectionTableTest, TheReservedPlacesGoToAddressesThatHaveFewOfThem) {
  ConnectionTable table({1, 1, 3});
  std::vector<std::string> closed;
  const auto add = [&](const AddressKey& address, const std::string& name) {
    return table.add({address, Phase::reserved, at(0), [&closed, name] { closed.push_back(name); }});
  };
  const auto light = add(kBob, "light");
  add(kAnn, "a1");
  EXPECT_FALSE(table.make_reserved_room());
  const auto last = add(kAnn, "a2");
  EXPECT_EQ(table.size(), 0U) << "a reserved place is none of the others";
  EXPECT_TRUE(table.make_reserved_room());
  EXPECT_EQ(closed, std::vector<std::string>{"a1"});
  EXPECT_FALSE(table.make_reserved_room());
  table.set_phase(light, Phase::waiting, at(1));
  EXPECT_EQ(table.size(), 0U);
  table.give_up(last);
  table.remove(last);
  table.remove(light);
  EXPECT_EQ(table.make_room(kBob, false, at(1)), Room::free);
}

TEST_F(ConnectionTableTest, EvictsAllStalledSendersForTheirMemory) {
  add(kAnn, Phase::sending, 0, "stalled");
  add(kAnn, Phase::sending, 500, "slow");
  add(kBob, Phase::waiting, 0, "waiting");
  EXPECT_EQ(table_.evict_senders(at(1200)), 1U);
  EXPECT_EQ(closed_, std::vector<std::string>{"stalled"});
}

TEST_F(ConnectionTableTest, CountsAnEvictedOneOnlyOnce) {
  const auto a = add(kAnn, Phase::waiting, 0, "a");
  const auto b = add(kAnn, Phase::waiting, 1, "b");
  EXPECT_EQ(table_.make_room(kAnn, false, at(2)), Room::made_by_eviction);
  table_.set_phase(a, Phase::answering, at(3));  // its coroutine has not noticed yet
  EXPECT_EQ(table_.size(), 1U);
  table_.remove(a);
  EXPECT_EQ(table_.size(), 1U);
  table_.remove(b);
  EXPECT_TRUE(table_.empty());
  EXPECT_EQ(table_.make_room(kAnn, false, at(4)), Room::free);
}

TEST_F(ConnectionTableTest, ClosesAtTheEndFirstTheUnoccupied) {
  add(kAnn, Phase::waiting, 0, "waiting");
  add(kAnn, Phase::answering, 0, "answering");
  add(kAnn, Phase::leaving, 0, "leaving");
  table_.close_unoccupied({});
  EXPECT_EQ(closed_, (std::vector<std::string>{"waiting", "leaving"}));
  closed_.clear();
  table_.close_all();
  EXPECT_EQ(closed_.size(), 3U);
}

TEST_F(ConnectionTableTest, SparesADescriptorWhereItCan) {
  EXPECT_FALSE(table_.evict_one(at(0)));
  add(kBob, Phase::answering, 0, "busy");
  EXPECT_FALSE(table_.evict_one(at(0)));
  add(kAnn, Phase::waiting, 0, "waiting");
  EXPECT_TRUE(table_.evict_one(at(0)));
  EXPECT_FALSE(table_.evict_one(at(0))) << "the same one twice";
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
