#include <kymo/packs/stream_ladder.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace kymo::KYMO_ABI::packs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const DegradeLadder::Time kStart{};

TEST(DegradeLadder, FactorsAskForTheirLevels) {
  EXPECT_EQ(level_for(0), DegradeLevel::normal);
  EXPECT_EQ(level_for(0.799), DegradeLevel::normal);
  EXPECT_EQ(level_for(0.8), DegradeLevel::warning);
  EXPECT_EQ(level_for(0.999), DegradeLevel::warning);
  EXPECT_EQ(level_for(1.0), DegradeLevel::degrade);
  EXPECT_EQ(level_for(1.2), DegradeLevel::degrade);
  EXPECT_EQ(level_for(1.201), DegradeLevel::emergency);
}

TEST(DegradeLadder, StaysTenSecondsBeforeItGoesWorse) {
  DegradeLadder ladder(kStart);
  ladder.observe(kStart + milliseconds(9999), 0.9);
  EXPECT_EQ(ladder.level(), DegradeLevel::normal);
  ladder.observe(kStart + seconds(10), 0.9);
  EXPECT_EQ(ladder.level(), DegradeLevel::warning);
  ladder.observe(kStart + milliseconds(19999), 5);
  EXPECT_EQ(ladder.level(), DegradeLevel::warning);
  ladder.observe(kStart + seconds(20), 5);
  EXPECT_EQ(ladder.level(), DegradeLevel::emergency);
}

TEST(DegradeLadder, GoesOneStepBackAfterEachThirtyCalmSeconds) {
  DegradeLadder ladder(kStart);
  ladder.observe(kStart + seconds(10), 2);
  ladder.observe(kStart + seconds(20), 0.6);
  ladder.observe(kStart + seconds(49), 0.6);
  EXPECT_EQ(ladder.level(), DegradeLevel::emergency);
  ladder.observe(kStart + seconds(50), 0.6);
  EXPECT_EQ(ladder.level(), DegradeLevel::degrade);
  ladder.observe(kStart + seconds(79), 0.7);  // not below 0.7: counted anew
  ladder.observe(kStart + seconds(80), 0.6);
  ladder.observe(kStart + seconds(109), 0.6);
  EXPECT_EQ(ladder.level(), DegradeLevel::degrade);
  ladder.observe(kStart + seconds(110), 0.6);
  EXPECT_EQ(ladder.level(), DegradeLevel::warning);
}

TEST(DegradeLadder, ACrashLeadsToFailoverAtOnceAndBackStepByStep) {
  DegradeLadder ladder(kStart);
  ladder.provider_crashed(kStart + seconds(1));
  EXPECT_EQ(ladder.level(), DegradeLevel::failover);
  for (int second = 1; second <= 121; ++second) ladder.observe(kStart + seconds(second), 0.1);
  EXPECT_EQ(ladder.level(), DegradeLevel::normal);
  EXPECT_EQ(ladder.status(kStart + seconds(121)).provider_crashes, 1U);
}

TEST(DegradeLadder, ReadingsThatAreNoneChangeNothing) {
  DegradeLadder ladder(kStart);
  ladder.observe(kStart + seconds(60), std::numeric_limits<double>::quiet_NaN());
  ladder.observe(kStart + seconds(60), -1);
  EXPECT_EQ(ladder.level(), DegradeLevel::normal);
}

TEST(DegradeLadder, AQueueThatNobodyEmptiesIsSeenWhateverTheFactor) {
  DegradeLadder ladder(kStart);
  const DegradeReading stuck{
      .realtime_factor = 0.001, .backlog_seconds = 5, .fill_ratio = 1, .drop_ratio = 0.99};
  ladder.observe(kStart + seconds(10), stuck);
  EXPECT_EQ(ladder.level(), DegradeLevel::emergency);
  EXPECT_THAT(ladder.status(kStart + seconds(10)).causes, ElementsAre("backlog", "fill", "drops"));
}

TEST(DegradeLadder, EachSignAsksForItsLevelAboveItsThresholds) {
  struct Case {
    DegradeReading reading;
    DegradeLevel level;
  };
  constexpr auto kNormal = DegradeLevel::normal;
  constexpr auto kWarning = DegradeLevel::warning;
  constexpr auto kDegrade = DegradeLevel::degrade;
  constexpr auto kEmergency = DegradeLevel::emergency;
  for (const Case& c : {
           Case{{.backlog_seconds = 1}, kNormal},
           Case{{.backlog_seconds = 1.01}, kWarning},
           Case{{.backlog_seconds = 2.01}, kDegrade},
           Case{{.backlog_seconds = 4.01}, kEmergency},
           Case{{.fill_ratio = 0.85}, kNormal},
           Case{{.fill_ratio = 0.86}, kWarning},
           Case{{.fill_ratio = 1}, kDegrade},
           Case{{.fill_ratio = 1.1}, kEmergency},
           Case{{.drop_ratio = 0}, kNormal},
           Case{{.drop_ratio = 1e-6}, kWarning},
           Case{{.drop_ratio = 0.06}, kDegrade},
           Case{{.drop_ratio = 1}, kEmergency},
           Case{{.backlog_seconds = -1}, kNormal},
           Case{{.fill_ratio = std::nan("")}, kNormal},
           Case{{.backlog_seconds = 3, .drop_ratio = 0.01}, kDegrade},
           Case{{.realtime_factor = 1.3, .backlog_seconds = 3}, kEmergency},
       }) {
    DegradeLadder ladder(kStart);
    ladder.observe(kStart + seconds(10), c.reading);
    EXPECT_EQ(ladder.level(), c.level)
        << c.reading.backlog_seconds << ' ' << c.reading.fill_ratio << ' ' << c.reading.drop_ratio;
  }
}

TEST(DegradeLadder, ThresholdsAreOptions) {
  DegradeLadder ladder(kStart, {.backlog_seconds = {.warning = 10, .degrade = 20, .emergency = 30},
                                .fill_ratio = DegradeThresholds::off(),
                                .drop_ratio = DegradeThresholds::off()});
  ladder.observe(kStart + seconds(10), {.backlog_seconds = 9, .fill_ratio = 2, .drop_ratio = 1});
  EXPECT_EQ(ladder.level(), DegradeLevel::normal);
  ladder.observe(kStart + seconds(10), {.backlog_seconds = 11});
  EXPECT_EQ(ladder.level(), DegradeLevel::warning);
}

TEST(DegradeLadder, ABacklogIsNotCalmHoweverLowTheFactor) {
  DegradeLadder ladder(kStart);
  ladder.observe(kStart + seconds(10), {.backlog_seconds = 1.5});
  for (int second = 11; second <= 100; ++second) {
    ladder.observe(kStart + seconds(second), {.realtime_factor = 0.1, .backlog_seconds = 1.5});
  }
  EXPECT_EQ(ladder.level(), DegradeLevel::warning);
  for (int second = 101; second <= 131; ++second) ladder.observe(kStart + seconds(second), 0.1);
  EXPECT_EQ(ladder.level(), DegradeLevel::normal);
  EXPECT_THAT(ladder.status(kStart + seconds(131)).causes, IsEmpty());
}

class DegradeActions : public testing::Test {
 protected:
  DegradeAction action(DegradeLevel level, const std::string& name) {
    return {.level = level,
            .name = name,
            .apply = [this, name] { done_.push_back("+" + name); },
            .undo = [this, name] { done_.push_back("-" + name); }};
  }

  std::vector<std::string> done_;
  std::vector<std::string> faults_;
};

TEST_F(DegradeActions, AreAppliedOnTheWayUpAndUndoneOneLevelAtATime) {
  DegradeLadder ladder(
      kStart, {.actions = {action(DegradeLevel::emergency, "skip_chunks"),
                           action(DegradeLevel::warning, "longer_chunks"),
                           action(DegradeLevel::degrade, "small_model")},
               .on_change = [this](const DegradeChange& change) { done_.emplace_back(name_of(change.to)); }});
  ladder.observe(kStart + seconds(10), 1.5);
  EXPECT_THAT(done_, ElementsAre("+longer_chunks", "+small_model", "+skip_chunks", "EMERGENCY"));
  EXPECT_THAT(ladder.status(kStart + seconds(12)).actions,
              ElementsAre("longer_chunks", "small_model", "skip_chunks"));
  EXPECT_EQ(ladder.status(kStart + seconds(12)).seconds_at_level, 2);
  done_.clear();
  ladder.observe(kStart + seconds(20), 0.1);
  ladder.observe(kStart + seconds(50), 0.1);
  EXPECT_THAT(done_, ElementsAre("-skip_chunks", "DEGRADE"));
}

TEST_F(DegradeActions, AreAllUndoneWhereNoAudioComesAnyMore) {
  DegradeLadder ladder(
      kStart, {.actions = {action(DegradeLevel::warning, "longer_chunks"),
                           action(DegradeLevel::degrade, "small_model"),
                           action(DegradeLevel::failover, "other_provider")},
               .on_change = [this](const DegradeChange& change) { done_.emplace_back(name_of(change.to)); }});
  ladder.provider_crashed(kStart + seconds(1));
  done_.clear();
  ladder.idle(kStart + seconds(20));
  EXPECT_THAT(done_, ElementsAre("-other_provider", "-small_model", "-longer_chunks", "NORMAL"));
  EXPECT_EQ(ladder.status(kStart + seconds(25)).seconds_at_level, 5);
  ladder.idle(kStart + seconds(26));
  EXPECT_THAT(done_, SizeIs(4)) << "nothing to undo";
}

TEST_F(DegradeActions, ThatThrowAreToldAndHurtNobody) {
  DegradeAction broken{.level = DegradeLevel::warning, .name = "broken", .apply = [] {
                         throw std::runtime_error("no such model");
                       }};
  DegradeLadder ladder(kStart, {.actions = {broken, action(DegradeLevel::warning, "fine")},
                                .on_change = [](const DegradeChange&) { throw 7; },
                                .on_fault = [this](std::string_view what) { faults_.emplace_back(what); }});
  ladder.observe(kStart + seconds(10), 0.9);
  EXPECT_EQ(ladder.level(), DegradeLevel::warning);
  EXPECT_THAT(ladder.status(kStart + seconds(10)).actions, ElementsAre("fine"));
  EXPECT_THAT(faults_, ElementsAre(HasSubstr("broken: no such model"), HasSubstr("on_change")));
}

/// The rules read from the whole history each time, without state between.
struct Model {
  struct Reading {
    int second;
    bool calm;
  };
  DegradeLevel level = DegradeLevel::normal;
  int entered = 0;      // this level
  int calm_begins = 0;  // readings before it do not count for a step back
  std::vector<Reading> readings;

  [[nodiscard]] bool calm_for_30_s(int now) const {
    int first = -1;
    for (auto reading = readings.rbegin(); reading != readings.rend(); ++reading) {
      if (reading->second < calm_begins || !reading->calm) break;
      first = reading->second;
    }
    return first >= 0 && now - first >= 30;
  }
  void observe(int now, double factor, double backlog) {
    readings.push_back({now, factor < 0.7 && backlog <= 1});
    const DegradeLevel by_backlog = backlog > 4   ? DegradeLevel::emergency
                                    : backlog > 2 ? DegradeLevel::degrade
                                    : backlog > 1 ? DegradeLevel::warning
                                                  : DegradeLevel::normal;
    const DegradeLevel wanted = std::max(level_for(factor), by_backlog);
    if (wanted > level && now - entered >= 10) {
      level = wanted;
      entered = now;
    } else if (wanted <= level && level > DegradeLevel::normal && calm_for_30_s(now)) {
      level = static_cast<DegradeLevel>(static_cast<int>(level) - 1);
      entered = calm_begins = now;
    }
  }
  void crash(int now) {
    if (level != DegradeLevel::failover) entered = now;
    level = DegradeLevel::failover;
    readings.clear();
  }
};

TEST(DegradeLadder, WithoutAnyFactorTheOtherSignsLeadBackToo) {
  DegradeLadder ladder(kStart);
  int now = 20;
  ladder.observe(kStart + seconds(now), {.fill_ratio = 1.5});
  EXPECT_EQ(ladder.level(), DegradeLevel::emergency);
  for (int i = 0; i < 120; ++i) ladder.observe(kStart + seconds(++now), DegradeReading{});
  EXPECT_EQ(ladder.level(), DegradeLevel::normal);
}

RC_GTEST_PROP(DegradeLadderProperty, AgreesWithThePlainModelOverHours, ()) {
  const auto factor = rc::gen::element(0.0, 0.3, 0.69, 0.7, 0.79, 0.8, 0.99, 1.0, 1.2, 1.21, 9.0);
  // Long stretches of one factor and one backlog, as in life, so that steps back happen.
  const auto stretches =
      *rc::gen::container<std::vector<std::pair<int, std::pair<double, double>>>>(rc::gen::pair(
          rc::gen::inRange(1, 80), rc::gen::pair(factor, rc::gen::element(0.0, 0.0, 1.0, 1.5, 3.0, 9.0))));
  const auto crash_at = *rc::gen::inRange(0, 4000);
  std::vector<std::string> in_force;
  DegradeLadder ladder(kStart);
  Model model;
  int now = 0;
  for (const auto& [length, value] : stretches) {
    const DegradeReading reading{.realtime_factor = value.first, .backlog_seconds = value.second};
    for (int i = 0; i < length; ++i) {
      ++now;
      if (now == crash_at) {
        model.crash(now);
        ladder.provider_crashed(kStart + seconds(now));
      }
      model.observe(now, value.first, value.second);
      const DegradeLevel before = ladder.level();
      ladder.observe(kStart + seconds(now), reading);
      RC_ASSERT(ladder.level() == model.level);
      RC_ASSERT(static_cast<int>(before) - static_cast<int>(ladder.level()) <= 1);
      RC_ASSERT(ladder.status(kStart + seconds(now)).seconds_at_level == now - model.entered);
    }
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
