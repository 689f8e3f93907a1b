#include <kymo/alert/alert_states.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace kymo::KYMO_ABI::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Transitions = std::vector<AlertTransition>;

AlertResult result(const std::string& of, double value = 1) {
  return {.labels = series::LabelSet{{"of", of}}, .annotations = {}, .value = value};
}

std::vector<std::string> texts(const Transitions& transitions) {
  std::vector<std::string> all;
  for (const AlertTransition& one : transitions) {
    all.push_back(std::string(one.alert.labels.get("of")) + ' ' + std::string(state_text(one.from)) + '>' +
                  std::string(state_text(one.alert.state)));
  }
  return all;
}

TEST(AlertStates, FireOnceTheResultHasLastedForLongEnough) {
  AlertStates states(3000, 0);
  Transitions told;
  EXPECT_EQ(states.update(0, {result("a")}, told), 1U);
  EXPECT_EQ(states.update(2999, {result("a", 7)}, told), 1U);
  EXPECT_THAT(texts(told), ElementsAre("a inactive>pending"));
  EXPECT_EQ(states.update(3000, {result("a", 8)}, told), 1U);
  const Alert& alert = states.alerts().begin()->second;
  EXPECT_EQ(alert.state, AlertState::firing);
  EXPECT_EQ(alert.active_ms, 0);
  EXPECT_EQ(alert.fired_ms, 3000);
  EXPECT_EQ(alert.value, 8);
  EXPECT_EQ(states.update(4000, {}, told), 0U);
  EXPECT_THAT(texts(told), ElementsAre("a inactive>pending", "a pending>firing", "a firing>inactive"));
}

TEST(AlertStates, FireAtOnceWithoutFor) {
  AlertStates states(0, 0);
  Transitions told;
  states.update(5, {result("a")}, told);
  EXPECT_THAT(texts(told), ElementsAre("a inactive>firing"));
}

TEST(AlertStates, AnInterruptedResultBeginsAnew) {
  AlertStates states(3000, 0);
  Transitions told;
  states.update(0, {result("a")}, told);
  states.update(1000, {}, told);
  EXPECT_THAT(states.alerts(), IsEmpty());
  states.update(2000, {result("a")}, told);
  states.update(4000, {result("a")}, told);
  EXPECT_THAT(texts(told), ElementsAre("a inactive>pending", "a pending>inactive", "a inactive>pending"));
}

TEST(AlertStates, KeepFiringForBridgesAGap) {
  AlertStates states(0, 2000);
  Transitions told;
  states.update(0, {result("a")}, told);
  EXPECT_EQ(states.update(1000, {}, told), 1U);
  EXPECT_EQ(states.update(2500, {result("a")}, told), 1U);
  EXPECT_EQ(states.update(3000, {}, told), 1U);
  EXPECT_EQ(states.update(4999, {}, told), 1U);
  EXPECT_EQ(states.update(5000, {}, told), 0U);
  EXPECT_THAT(texts(told), ElementsAre("a inactive>firing", "a firing>inactive"));
}

TEST(AlertStates, TimeWithoutEvaluationsDoesNotCountTowardsFor) {
  AlertStates states(3000, 0);
  Transitions told;
  states.update(0, {result("a")}, told);
  states.put_off(60'000);
  states.update(61'000, {result("a")}, told);
  EXPECT_THAT(texts(told), ElementsAre("a inactive>pending"));
  states.update(63'000, {result("a")}, told);
  EXPECT_THAT(texts(told), ElementsAre("a inactive>pending", "a pending>firing"));
}

/// The same by looking at the whole past: no state from evaluation to evaluation but the list of results.
struct Model {
  std::int64_t for_ms;
  std::int64_t keep_ms;
  std::vector<std::pair<std::int64_t, bool>> past = {};

  [[nodiscard]] AlertState state() const {
    std::int64_t began = -1;      // of the results without a break that was no bridge
    std::int64_t last_seen = -1;  // the first evaluation without a result, since then
    bool fires = false;
    for (const auto& [time, is_there] : past) {
      if (is_there) {
        if (began < 0) began = time;
        last_seen = -1;
        fires = fires || time - began >= for_ms;
        continue;
      }
      if (last_seen < 0) last_seen = time;
      if (fires && keep_ms > 0 && time - last_seen < keep_ms) continue;
      began = -1;
      fires = false;
    }
    return began < 0 ? AlertState::inactive : fires ? AlertState::firing : AlertState::pending;
  }
};

RC_GTEST_PROP(AlertStatesProperty, AgreeWithTheWholePast, ()) {
  const auto for_ms = *rc::gen::inRange<std::int64_t>(0, 6);
  const auto keep_ms = *rc::gen::inRange<std::int64_t>(0, 6);
  AlertStates states(for_ms, keep_ms);
  std::map<std::string, Model> models;
  std::map<std::string, AlertState> told_last;
  for (const char* name : {"a", "b"}) models.emplace(name, Model{.for_ms = for_ms, .keep_ms = keep_ms});
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(1, 4), rc::gen::inRange(0, 4)));
  std::int64_t time = 0;
  for (const auto& [step, there] : steps) {
    time += step;
    std::vector<AlertResult> results;
    std::size_t active = 0;
    int bit = 1;
    for (auto& [name, model] : models) {
      const bool is_there = (there & bit) != 0;
      bit *= 2;
      model.past.emplace_back(time, is_there);
      if (is_there) results.push_back(result(name));
      active += model.state() == AlertState::inactive ? 0 : 1;
    }
    Transitions told;
    RC_ASSERT(states.update(time, results, told) == active);
    for (const AlertTransition& one : told) {
      const std::string of(one.alert.labels.get("of"));
      RC_ASSERT(told_last[of] == one.from);
      told_last[of] = one.alert.state;
    }
    for (const auto& [name, model] : models) {
      const auto found = states.alerts().find(series::LabelSet{{"of", name}});
      const AlertState state = found == states.alerts().end() ? AlertState::inactive : found->second.state;
      RC_ASSERT(state == model.state());
      RC_ASSERT(told_last[name] == state);
    }
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::alert
