#include <kymo/core/collector.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>

namespace kymo {
namespace {

using namespace std::chrono_literals;

class CollectorTest : public testing::Test {
 protected:
  double errors() {
    return to_double(registry_.snapshot()->find("kymo_registration_errors_total", {})->number);
  }

  std::vector<std::string> messages_;
  Registry registry_{{.error_sink = [this](std::string_view message) { messages_.emplace_back(message); }}};
  Collector metrics_{registry_};
};

TEST_F(CollectorTest, CountsByNameAndTagsInAnyOrder) {
  metrics_.increment("events.processed");
  metrics_.increment("events.processed", {{"type", "play"}, {"source", "live"}});
  metrics_.increment("events.processed", 4, {{"source", "live"}, {"type", "play"}});
  EXPECT_EQ(metrics_.get_counter("events.processed"), 1);
  EXPECT_EQ(metrics_.get_counter("events.processed", {{"type", "play"}, {"source", "live"}}), 5);
  EXPECT_EQ(metrics_.get_counter("events.processed", {{"type", "stop"}}), std::nullopt);
  EXPECT_EQ(metrics_.get_counter("nothing"), std::nullopt);
  EXPECT_EQ(metrics_.get_timing("events.processed"), std::nullopt) << "it is no timing";
}

TEST_F(CollectorTest, TurnsACounterThatIsDecrementedIntoAnUpDownCounter) {
  metrics_.increment("clients", 5);
  EXPECT_EQ(registry_.snapshot()->find("clients")->descriptor().kind, Kind::counter);
  metrics_.decrement("clients", 7);
  EXPECT_EQ(metrics_.get_counter("clients"), -2);
  const auto snapshot = registry_.snapshot();
  EXPECT_EQ(snapshot->find("clients")->descriptor().kind, Kind::up_down_counter);
  EXPECT_EQ(snapshot->find("clients", {})->number, Number(std::int64_t{-2}));
  metrics_.increment("clients");
  EXPECT_EQ(metrics_.get_counter("clients"), -1);
}

// The document's listener of UDP packets: one that comes late takes its drop back.
TEST_F(CollectorTest, ANegativeIncrementMakesAnUpDownCounterAsADecrementDoes) {
  std::int64_t last = 0;
  std::vector<std::int64_t> dropped;
  for (const std::int64_t sequence : {1, 2, 5, 4, 3, 6}) {
    metrics_.increment("udp.packet.received");
    if (sequence != last + 1) {
      metrics_.increment("udp.packet.dropped", sequence - last - 1);
      metrics_.increment("udp.sequence.gap");
    }
    last = sequence;
    dropped.push_back(metrics_.get_counter("udp.packet.dropped").value_or(0));
  }
  EXPECT_THAT(dropped, testing::ElementsAre(0, 0, 2, 0, -2, 0));
  EXPECT_EQ(metrics_.get_counter("udp.sequence.gap"), 4);
  EXPECT_EQ(registry_.snapshot()->find("udp.packet.dropped")->descriptor().kind, Kind::up_down_counter);
  metrics_.increment("below", -3);
  EXPECT_EQ(metrics_.get_counter("below"), -3);
  metrics_.increment("least", std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(metrics_.get_counter("least"), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(messages_.empty()) << messages_.front();
}

TEST_F(CollectorTest, KeepsGaugesWithTheirStatistics) {
  for (const double value : {4.0, 1.0, 7.0}) metrics_.gauge("queue.depth", value, {{"queue", "a"}});
  const auto reading = metrics_.get_gauge("queue.depth", {{"queue", "a"}});
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->current, 7);
  EXPECT_EQ(reading->min, 1);
  EXPECT_EQ(reading->max, 7);
  EXPECT_EQ(reading->mean, 4);
  EXPECT_GT(reading->last_update.time_since_epoch().count(), 0);
}

TEST_F(CollectorTest, KeepsTimingsInSeconds) {
  metrics_.timing("event.processing.duration", 250ms);
  metrics_.timing("event.processing.duration", 0.75);
  const auto timing = metrics_.get_timing("event.processing.duration");
  ASSERT_TRUE(timing);
  EXPECT_EQ(timing->count, 2U);
  EXPECT_EQ(timing->total, 1);
  EXPECT_EQ(timing->mean, 0.5);
  EXPECT_EQ(timing->max, 0.75);
  EXPECT_NEAR(timing->p99, 0.75, 0.0075);
  const auto snapshot = metrics_.get_all();
  EXPECT_EQ(snapshot->find("event.processing.duration")->descriptor().family_name,
            "event_processing_duration_seconds");
  EXPECT_EQ(snapshot->find("event.processing.duration", {})->window->sorted.size(), 2U);
}

TEST_F(CollectorTest, TimesAScopeOnceAndMarksTheOneThatAnExceptionEnded) {
  {
    const auto timer = metrics_.timer("render", {{"scene", "a"}});
  }
  {
    auto timer = metrics_.timer("render", {{"scene", "a"}});
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() == begin) {
    }
    EXPECT_GT(timer.stop(), 0ns);
    EXPECT_EQ(timer.stop(), 0ns);
  }
  {
    auto timer = metrics_.timer("render", {{"scene", "a"}});
    timer.cancel();
  }
  try {
    const auto timer = metrics_.timer("render", {{"scene", "a"}});
    throw std::runtime_error("x");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(metrics_.get_timing("render", {{"scene", "a"}})->count, 2U);
  EXPECT_EQ(metrics_.get_timing("render", {{"error", "true"}, {"scene", "a"}})->count, 1U);
}

TEST_F(CollectorTest, ResetForgetsAllAndResetCountersOnlyCounts) {
  metrics_.increment("c");
  metrics_.timing("t", 1s);
  metrics_.gauge("g", 1);
  Counter other = registry_.counter("other", "Not the collector's.");
  other.add(1);
  metrics_.reset_counters();
  EXPECT_EQ(metrics_.get_counter("c"), 0);
  EXPECT_TRUE(metrics_.get_timing("t"));
  EXPECT_TRUE(metrics_.get_gauge("g"));
  metrics_.reset();
  EXPECT_FALSE(metrics_.get_timing("t"));
  EXPECT_FALSE(metrics_.get_gauge("g"));
  EXPECT_EQ(registry_.snapshot()->find("c"), nullptr);
  EXPECT_EQ(other.value(), 1U);
  metrics_.increment("c");
  EXPECT_EQ(metrics_.get_counter("c"), 1);
}

TEST_F(CollectorTest, RecordsNothingWhileDisabled) {
  metrics_.set_enabled(false);
  EXPECT_FALSE(metrics_.enabled());
  metrics_.increment("c");
  metrics_.decrement("c");
  metrics_.gauge("g", 1);
  metrics_.timing("t", 1s);
  {
    const auto timer = metrics_.timer("t");
  }
  metrics_.set_enabled(true);
  EXPECT_FALSE(metrics_.get_counter("c"));
  EXPECT_FALSE(metrics_.get_gauge("g"));
  EXPECT_FALSE(metrics_.get_timing("t"));
}

TEST_F(CollectorTest, IsEnabledWhereBothSwitchesAreOn) {
  EXPECT_TRUE(metrics_.enabled());
  set_recording(false);
  EXPECT_FALSE(metrics_.enabled());
  set_recording(true);
  EXPECT_TRUE(metrics_.enabled());

  Registry registry;
  Collector off(registry, {.enabled = false});
  EXPECT_FALSE(off.enabled());
  off.increment("c");
  off.set_enabled(true);
  EXPECT_TRUE(off.enabled());
  EXPECT_FALSE(off.get_counter("c"));
}

TEST_F(CollectorTest, TellsTheLastHundredDurationsToo) {
  for (int i = 1; i <= 250; ++i) metrics_.timing("t", std::chrono::milliseconds(i));
  const auto timing = metrics_.get_timing("t");
  ASSERT_TRUE(timing);
  EXPECT_EQ(timing->count, 250U);
  EXPECT_EQ(timing->recent.count, 100U);
  EXPECT_DOUBLE_EQ(timing->recent.min, 0.151);
  EXPECT_DOUBLE_EQ(timing->recent.max, 0.250);
  EXPECT_DOUBLE_EQ(timing->recent.mean, 0.2005);
  EXPECT_DOUBLE_EQ(timing->recent.p50, 0.200);
  EXPECT_DOUBLE_EQ(timing->recent.p95, 0.245);
  EXPECT_DOUBLE_EQ(timing->recent.p99, 0.249);
}

TEST_F(CollectorTest, TakesTextThatIsNotThereForEmptyText) {
  const char* const nothing = nullptr;
  metrics_.increment("c", {{"region", nothing}});
  EXPECT_EQ(metrics_.get_counter("c", {{"region", ""}}), 1);
  metrics_.increment(nothing);
  metrics_.gauge(nothing, 1);
  metrics_.timing("t", 1s, {{nothing, nothing}});
  {
    const auto timer = metrics_.timer(nothing);
  }
  metrics_.describe(nothing, nothing, nothing);
  EXPECT_FALSE(metrics_.get_gauge(nothing));
}

TEST_F(CollectorTest, NeverThrowsWhateverItIsGiven) {
  const double before = errors();
  metrics_.increment("0bad");
  metrics_.increment("0bad");
  EXPECT_EQ(messages_.size(), 1U) << "told once";
  EXPECT_THAT(messages_.front(), testing::HasSubstr("0bad"));
  metrics_.increment("x");
  metrics_.gauge("x", 1);
  metrics_.increment("x", {{"bad key", "1"}});
  metrics_.increment("x", {{"a", "1"}, {"a", "2"}});
  metrics_.gauge("g", std::numeric_limits<double>::quiet_NaN());
  metrics_.increment("");
  EXPECT_EQ(errors() - before, 5) << "each thing that is refused once";
  EXPECT_EQ(metrics_.get_counter("x"), 1);
}

TEST_F(CollectorTest, SaysOnceThatThereAreTooManyNames) {
  for (std::size_t i = 0; i < Collector::kMaxNames; ++i) metrics_.increment("n" + std::to_string(i));
  EXPECT_TRUE(messages_.empty());
  const double before = errors();
  for (int i = 0; i < 3; ++i) metrics_.increment("one_more");
  metrics_.gauge("another", 1);
  ASSERT_EQ(messages_.size(), 1U);
  EXPECT_THAT(messages_.front(), testing::HasSubstr("\"one_more\" is one more than the 10000 names"));
  EXPECT_EQ(errors() - before, 4);
  metrics_.increment("n7");
  EXPECT_EQ(metrics_.get_counter("n7"), 2);
}

TEST_F(CollectorTest, TakesAndGivesBackTagsThatAreMadeAtRunTime) {
  const std::vector<Label> tags = {{"a.b", "1"}, {"c", "2"}};
  metrics_.increment("c", 2, Labels(tags));
  metrics_.timing("t", 0.5, Labels(tags));
  metrics_.gauge("g", 3, Labels(tags));
  EXPECT_EQ(metrics_.get_counter("c", Labels(tags)), 2);
  EXPECT_EQ(metrics_.get_timing("t", Labels(tags))->count, 1U);
  EXPECT_EQ(metrics_.get_gauge("g", Labels(tags))->current, 3);
  EXPECT_EQ(metrics_.get_counter("c", {{"c", "2"}, {"a_b", "1"}}), 2);
}

// A duration of 65 µs reads as 65 µs, and not as 64.999 µs nor as 65.000000000000007 µs.
TEST_F(CollectorTest, GivesTimingsBackToTheLastDigit) {
  for (int microseconds = 1; microseconds <= 2000; ++microseconds) {
    const double seconds = microseconds / 1e6;
    Registry registry;
    Timing timing = registry.timing("t", "T.");
    timing.record_seconds(seconds);
    ASSERT_EQ(timing.value().sum(), seconds);
    ASSERT_EQ(timing.value().min(), seconds);
    ASSERT_EQ(timing.value().max(), seconds);
    ASSERT_EQ(timing.recent().sorted.front(), seconds);
    timing.record(std::chrono::microseconds(microseconds));
    ASSERT_EQ(timing.value().max(), seconds);
  }
}

TEST_F(CollectorTest, AGaugesMeanIsBetweenItsExtremesAlsoAfterAReset) {
  metrics_.gauge("g", 1e17);
  metrics_.reset();
  metrics_.gauge("g", 1);
  EXPECT_EQ(metrics_.get_gauge("g")->mean, 1);
}

TEST_F(CollectorTest, FindsValuesThatNeedEscapesAndKeysThatAreRewritten) {
  for (int i = 0; i < 3; ++i) {
    metrics_.increment("c", {{"http.method", "GET"}});
    metrics_.increment("c", {{"path", "a\"b\\c\nd"}});
    metrics_.increment("c", {{"path", "a\\\"b"}});
  }
  metrics_.increment("c", {{"http_method", "GET"}});
  EXPECT_EQ(metrics_.get_counter("c", {{"http_method", "GET"}}), 4);
  EXPECT_EQ(metrics_.get_counter("c", {{"path", "a\"b\\c\nd"}}), 3);
  EXPECT_EQ(metrics_.get_counter("c", {{"path", "a\\\"b"}}), 3);
}

TEST_F(CollectorTest, IsExactFromManyThreadsThatMeetNewNamesAtOnce) {
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        const std::string name = "n" + std::to_string(i % 50);
        metrics_.increment(name, {{"tag", std::to_string(i % 3)}});
        if (i % 1000 == 0) static_cast<void>(metrics_.get_all());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::int64_t total = 0;
  for (int n = 0; n < 50; ++n) {
    for (int tag = 0; tag < 3; ++tag) {
      total += metrics_.get_counter("n" + std::to_string(n), {{"tag", std::to_string(tag)}}).value_or(0);
    }
  }
  EXPECT_EQ(total, kThreads * kEach);
  EXPECT_TRUE(messages_.empty()) << messages_.front();
}

}  // namespace
}  // namespace kymo
