#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <cmath>
#include <deque>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/collector.h>
#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>

namespace kymo {
namespace {

double refused(Registry& registry, const char* reason) {
  return to_double(registry.snapshot()->find("kymo_recordings_refused_total", {{"reason", reason}})->number);
}

double wraps_of(Registry& registry) {
  return to_double(registry.snapshot()->find("kymo_count_wraps_total", {})->number);
}

TEST(Counter, IsExactFromManyThreadsThatComeAndGo) {
  Registry registry;
  Counter counter = registry.counter("x", "X.");
  constexpr std::uint64_t kRounds = 50;
  constexpr std::uint64_t kEach = 1000;
  std::atomic<bool> done{false};
  std::thread scraper([&] {
    std::uint64_t last = 0;
    while (!done.load()) {
      const std::uint64_t now = std::get<std::uint64_t>(registry.snapshot()->find("x", {})->number);
      EXPECT_GE(now, last) << "a counter fell";
      last = now;
    }
  });
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (std::uint64_t i = 0; i < kEach; ++i) counter.add(2);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  done = true;
  scraper.join();
  EXPECT_EQ(counter.value(), kRounds * 8 * kEach * 2);
}

TEST(Counter, IsExactTo64BitsAndThenBeginsAgain) {
  Registry registry;
  Counter counter = registry.counter("x", "X.");
  counter.add(std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(std::get<std::uint64_t>(registry.snapshot()->find("x", {})->number),
            std::numeric_limits<std::uint64_t>::max());
  counter.add(5);
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(std::get<std::uint64_t>(snapshot->find("x", {})->number), 4U);
  EXPECT_EQ(wraps_of(registry), 1);
}

TEST(Counter, BeginsAgainAlsoWhereSeriesCameMeanwhile) {
  Registry registry;
  const auto family = registry.family<Counter, "k">("x", "X.");
  Counter counter = family.with("a");
  counter.add(std::numeric_limits<std::uint64_t>::max());
  (void)registry.snapshot();
  family.with("b").add(1);
  counter.add(5);
  (void)registry.snapshot();
  family.with("c").add(1);
  EXPECT_EQ(wraps_of(registry), 1);
}

TEST(Counter, RefusesNegativeAmounts) {
  Registry registry;
  Counter whole = registry.counter("x", "X.");
  DoubleCounter fractions = registry.double_counter("y", "Y.");
  const double before = refused(registry, "negative");
  whole.add(-1);
  fractions.add(-0.5);
  fractions.add(std::nan(""));
  fractions.add(std::numeric_limits<double>::infinity());
  EXPECT_EQ(whole.value(), 0U);
  EXPECT_EQ(fractions.value(), 0.0);
  EXPECT_EQ(refused(registry, "negative") - before, 2);
}

TEST(Instruments, OutOfNothingRecordIntoNothing) {
  Counter().add();
  DoubleCounter().add(1);
  UpDownCounter().add();
  Gauge().set(1);
  Gauge().add(1);
  Histogram().record(1);
  Timing().record(std::chrono::seconds(1));
  Window().record(1);
  EXPECT_EQ(Counter().value(), 0U);
  EXPECT_EQ(Histogram().value().count(), 0U);
}

TEST(Instruments, RecordNothingWhileRecordingIsOff) {
  Registry registry;
  Counter counter = registry.counter("x", "X.");
  Gauge gauge = registry.gauge("g", "G.");
  Timing timing = registry.timing("t", "T.");
  set_recording(false);
  counter.add();
  gauge.set(1);
  {
    const ScopedTimer timer(timing);
  }
  set_recording(true);
  EXPECT_EQ(counter.value(), 0U);
  EXPECT_EQ(gauge.value(), 0.0);
  EXPECT_EQ(timing.value().count(), 0U);
}

TEST(Instruments, OutliveTheirRegistry) {
  Counter counter;
  Timing timing;
  Gauge gauge;
  Histogram fixed;
  {
    Registry registry;
    counter = registry.counter("x", "X.");
    timing = registry.timing("t", "T.");
    gauge = registry.gauge("g", "G.");
    fixed = registry.histogram("f", "F.", {.bounds = {1, 2}});
  }
  counter.add(2);
  timing.record(std::chrono::seconds(1));
  gauge.set(3);
  fixed.record(1.5);
  EXPECT_EQ(counter.value(), 2U);
  EXPECT_EQ(timing.value().count(), 1U);
  EXPECT_EQ(gauge.value(), 3.0);
  EXPECT_EQ(fixed.value().count(), 1U);
}

TEST(UpDownCounter, AWrapIsCountedInBothDirections) {
  Registry registry;
  UpDownCounter up = registry.up_down_counter("up", "U.");
  UpDownCounter down = registry.up_down_counter("down", "D.");
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  up.add(kMost), down.sub(kMost);
  EXPECT_EQ(wraps_of(registry), 0);
  up.add(2);
  EXPECT_EQ(wraps_of(registry), 1);
  down.sub(3);
  EXPECT_EQ(wraps_of(registry), 2);
  EXPECT_EQ(wraps_of(registry), 2);
}

TEST(UpDownCounter, TheOppositeOfTheLeastNumberIsTheLargest) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  Registry registry;
  UpDownCounter counter = registry.up_down_counter("x", "X.");
  counter.sub(kLeast);
  EXPECT_EQ(counter.value(), kMost);
  Collector by_name(registry);
  by_name.decrement("y", kLeast);
  EXPECT_EQ(by_name.get_counter("y"), kMost);
}

TEST(UpDownCounter, FallsBelowZeroAndComesBack) {
  Registry registry;
  UpDownCounter counter = registry.up_down_counter("x", "X.");
  std::thread([&] { counter.sub(5); }).join();
  EXPECT_EQ(counter.value(), -5);
  counter.add(6);
  EXPECT_EQ(counter.value(), 1);
  EXPECT_EQ(std::get<std::int64_t>(registry.snapshot()->find("x", {})->number), 1);
}

TEST(Gauge, KeepsStatisticsOfEveryValue) {
  Registry registry;
  Gauge gauge = registry.gauge("depth", "Depth.");
  const auto before = std::chrono::system_clock::now() - std::chrono::seconds(1);
  for (const double value : {4.0, -2.0, 7.0}) gauge.set(value);
  gauge.add(-1);
  const GaugeStatistics statistics = gauge.statistics();
  EXPECT_EQ(gauge.value(), 6.0);
  EXPECT_EQ(statistics.count, 4U);
  EXPECT_EQ(statistics.min, -2.0);
  EXPECT_EQ(statistics.max, 7.0);
  EXPECT_DOUBLE_EQ(statistics.mean, 15.0 / 4);
  EXPECT_GE(statistics.last_update, before);
}

TEST(Gauge, RefusesNaNButTakesInfinity) {
  Registry registry;
  Gauge gauge = registry.gauge("x", "X.");
  gauge.set(1);
  gauge.set(std::nan(""));
  EXPECT_EQ(gauge.value(), 1.0);
  gauge.set(std::numeric_limits<double>::infinity());
  gauge.add(-std::numeric_limits<double>::infinity());
  EXPECT_EQ(gauge.value(), std::numeric_limits<double>::infinity());
}

// A gauge that nobody set reads 0; one that only ever got NaN must not pass for that.
TEST(Gauge, IsNaNWhereItOnlyGotNaN) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  Registry registry;
  for (const auto statistics : {GaugeTracking::on, GaugeTracking::off}) {
    const std::string name = statistics == GaugeTracking::on ? "a" : "b";
    Gauge gauge = registry.gauge(name, "G.", {.statistics = statistics});
    EXPECT_EQ(gauge.value(), 0);
    EXPECT_TRUE(registry.snapshot()->find(name, {})->is_unset);
    gauge.set(kNaN);
    EXPECT_TRUE(std::isnan(gauge.value()));
    EXPECT_TRUE(std::isnan(to_double(registry.snapshot()->find(name, {})->number)));
    EXPECT_FALSE(registry.snapshot()->find(name, {})->is_unset);
    EXPECT_EQ(gauge.statistics().count, 0U);
    gauge.add(2);
    EXPECT_EQ(gauge.value(), 2) << "an addition begins at 0";
    gauge.set(kNaN);
    EXPECT_EQ(gauge.value(), 2) << "the last value stays";
    Gauge other = registry.gauge(name + "_other", "G.", {.statistics = statistics});
    other.add(kNaN);
    EXPECT_TRUE(std::isnan(other.value()));
    Gauge zero = registry.gauge(name + "_zero", "G.", {.statistics = statistics});
    zero.set(0);
    zero.set(kNaN);
    EXPECT_EQ(zero.value(), 0);
    EXPECT_FALSE(registry.snapshot()->find(name + "_zero", {})->is_unset);
  }
}

TEST(Gauge, HasTheMeanOfItsValuesWhateverTheyAre) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kLargest = std::numeric_limits<double>::max();
  Registry registry;
  int number = 0;
  const auto mean_of = [&](std::initializer_list<double> values) {
    Gauge gauge = registry.gauge("g" + std::to_string(++number), "G.");
    for (const double value : values) gauge.set(value);
    return gauge.statistics().mean;
  };
  EXPECT_EQ(mean_of({1, kInfinity, 3}), kInfinity);
  EXPECT_EQ(mean_of({1, -kInfinity, 3}), -kInfinity);
  EXPECT_EQ(mean_of({kInfinity}), kInfinity);
  EXPECT_TRUE(std::isnan(mean_of({kInfinity, -kInfinity, 3})));
  EXPECT_EQ(mean_of({kLargest, kLargest, kLargest, kLargest}), kLargest);
  EXPECT_DOUBLE_EQ(mean_of({1e308, 1.5e308}), 1.25e308);
  EXPECT_EQ(mean_of({kLargest, -kLargest}), 0);
  EXPECT_EQ(mean_of({1, 2, 6}), 3);
  EXPECT_EQ(mean_of({1e-280, 3e-280}), 2e-280);
}

TEST(Gauge, AddsOfManyThreadsAreAllThere) {
  Registry registry;
  Gauge gauge = registry.gauge("x", "X.");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) gauge.add(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(gauge.value(), 40'000.0);
}

RC_GTEST_PROP(Window, HoldsExactlyTheLastValues, (std::vector<std::int32_t> values, std::uint8_t capacity)) {
  RC_PRE(capacity > 0);
  Registry registry;
  Window window = registry.window("x", "X.", {.capacity = capacity});
  std::deque<double> model;
  for (const std::int32_t value : values) {
    window.record(value);
    model.push_back(value);
    if (model.size() > capacity) model.pop_front();
  }
  std::sort(model.begin(), model.end());
  const WindowValue got = window.value();
  RC_ASSERT(got.total_count == values.size());
  RC_ASSERT(std::equal(got.sorted.begin(), got.sorted.end(), model.begin(), model.end()));
  if (!model.empty()) {
    RC_ASSERT(got.quantile(0) == model.front());
    RC_ASSERT(got.quantile(1) == model.back());
    RC_ASSERT(std::abs(got.mean() - std::accumulate(model.begin(), model.end(), 0.0) / double(model.size())) <
              1e-3);
  } else {
    RC_ASSERT(got.mean() == 0.0);
  }
}

void time_and_throw(Timing& timing) {
  try {
    const ScopedTimer timer(timing);
    throw 1;
  } catch (int) {
  }
}

TEST(ScopedTimer, RecordsOnceAndWhatAnExceptionEndsApart) {
  Registry registry;
  Timing timing = registry.timing("t", "T.");
  time_and_throw(timing);
  {
    ScopedTimer timer(timing);
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() == begin) {
    }
    EXPECT_GT(timer.stop().count(), 0);
    EXPECT_EQ(timer.stop().count(), 0);
  }
  {
    ScopedTimer(timing).cancel();
  }
  EXPECT_EQ(timing.value().count(), 1U);
  EXPECT_EQ(registry.snapshot()->find("t", {{"error", "true"}})->histogram->count(), 1U);
}

TEST(ScopedTimer, KeepsTheLabelsOfWhatAnExceptionEnded) {
  auto registry = std::make_unique<Registry>();
  const auto family = registry->family<Timing, "method">("t", "T.", {.recent = 0});
  Timing timing = family.with("GET");
  time_and_throw(timing);
  time_and_throw(timing);
  const auto snapshot = registry->snapshot();
  EXPECT_EQ(snapshot->find("t", {{"method", "GET"}})->histogram->count(), 0U);
  EXPECT_EQ(snapshot->find("t", {{"method", "GET"}, {"error", "true"}})->histogram->count(), 2U);

  const auto dynamic = registry->family<Timing>("u", "U.");
  Timing with_error = dynamic.with({{"error", "no"}, {"k", "\"v\""}});
  time_and_throw(with_error);
  EXPECT_EQ(registry->snapshot()->find("u", {{"error", "true"}, {"k", "\"v\""}})->histogram->count(), 1U);

  // Destructors that time what they do while an exception is on its way are not left by it.
  struct Cleanup {
    ~Cleanup() { const ScopedTimer timer(*timing); }
    Timing* timing;
  };
  Timing cleaned = family.with("cleanup");
  try {
    const Cleanup cleanup{&cleaned};
    throw 1;
  } catch (int) {
  }
  EXPECT_EQ(cleaned.value().count(), 1U);

  Timing late = registry->timing("late", "L.");
  registry.reset();
  time_and_throw(late);
  EXPECT_EQ(late.value().count(), 1U) << "where the registry is gone, it is in the series itself";
}

TEST(Instruments, TakeTextThatIsNotThereForEmptyText) {
  Registry registry({.on_error = OnError::return_noop});
  const char* const nothing = nullptr;
  const auto typed = registry.family<Counter, "region">("typed", nothing, {.unit = nothing});
  typed.with(nothing).add();
  const auto dynamic = registry.family<Counter>("dynamic", "D.");
  dynamic.with({{"region", nothing}}).add();
  dynamic.with({{nothing, "x"}}).add();
  registry.counter(nothing, "No name.").add();
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(to_double(snapshot->find("typed", {{"region", ""}})->number), 1);
  EXPECT_EQ(to_double(snapshot->find("dynamic", {{"region", ""}})->number), 1);
  EXPECT_EQ(to_double(snapshot->find("kymo_registration_errors_total", {})->number), 2);
}

TEST(Exemplars, KeepTheLatestOfABucket) {
  Registry registry;
  Histogram histogram = registry.histogram("x", "X.", {.exemplars = Exemplars::on, .text_bounds = {1, 4}});
  histogram.record_with_exemplar(0.5, {{"trace_id", "a"}});
  histogram.record_with_exemplar(3, {{"trace_id", "b"}});
  histogram.record_with_exemplar(2, {{"trace_id", "c"}});
  histogram.record_with_exemplar(5, {{"trace_id", std::string(200, 'x')}});
  histogram.record_with_exemplar(-1, {{"trace_id", "d"}});  // refused, and no value to stand for
  const auto snapshot = registry.snapshot();
  const auto point = snapshot->find("x", {});
  ASSERT_NE(point->exemplars, nullptr);
  ASSERT_EQ(point->exemplars->size(), 2U) << "one is too long to be kept";
  EXPECT_EQ(point->exemplars->at(1).labels, "trace_id=\"c\"");
  EXPECT_EQ(point->exemplars->at(1).value, 2);
  EXPECT_EQ(histogram.value().count(), 4U);
}

class ExemplarLabels : public testing::Test {
 protected:
  /// The exemplar that is shown after one more.
  std::string shown_after(std::initializer_list<Label> labels) {
    counter_.add_with_exemplar(1, labels);
    const auto snapshot = registry_.snapshot();
    const auto point = snapshot->find("x", {});
    return point->exemplars == nullptr ? "" : point->exemplars->at(0).labels;
  }
  double dropped(const char* reason) {
    return to_double(
        registry_.snapshot()->find("kymo_exemplars_dropped_total", {{"reason", reason}})->number);
  }

  Registry registry_;
  Counter counter_ = registry_.counter("x", "X.", {.exemplars = Exemplars::on});
};

TEST_F(ExemplarLabels, AreWrittenAsTheLabelsOfASeriesAre) {
  EXPECT_EQ(shown_after({{"trace.id", "a"}, {"span-id", "b"}}), R"(trace_id="a",span_id="b")");
  EXPECT_EQ(shown_after({{"path", "C:\\a \"b\"\nc"}}), R"(path="C:\\a \"b\"\nc")");
  EXPECT_EQ(shown_after({{"user", ""}}), R"(user="")");
  EXPECT_EQ(dropped("labels") + dropped("length") + dropped("busy"), 0);
}

TEST_F(ExemplarLabels, ThatAreNotValidAreDroppedAndCountedAndTheEarlierOnesStay) {
  const std::string good = shown_after({{"trace_id", "good"}});
  double count = 0;
  const std::string nul("a\0b", 3);
  const std::string long_key(129, 'k');
  for (const auto& labels : std::vector<std::vector<Label>>{{},
                                                            {{"", "v"}},
                                                            {{"1st", "v"}},
                                                            {{"__name__", "v"}},
                                                            {{"_.a", "v"}},
                                                            {{"le", "v"}},
                                                            {{"quantile", "v"}},
                                                            {{"a\"} 1\nevil_total 1 # {b", "v"}},
                                                            {{"Schlüssel", "v"}},
                                                            {{"a", "1"}, {"b", "2"}, {"a", "3"}},
                                                            {{"trace.id", "1"}, {"trace_id", "2"}},
                                                            {{"a", "\xff"}},
                                                            {{"a", "\xed\xa0\x80"}},
                                                            {{"a", nul}}}) {
    switch (labels.size()) {
      case 0: EXPECT_EQ(shown_after({}), good); break;
      case 1: EXPECT_EQ(shown_after({labels[0]}), good) << labels[0].key; break;
      case 2: EXPECT_EQ(shown_after({labels[0], labels[1]}), good) << labels[0].key; break;
      default: EXPECT_EQ(shown_after({labels[0], labels[1], labels[2]}), good) << labels[0].key;
    }
    EXPECT_EQ(dropped("labels"), ++count);
  }
  EXPECT_EQ(shown_after({{long_key, "v"}}), good);
  EXPECT_EQ(dropped("length"), 1);
  EXPECT_EQ(counter_.value(), 16U) << "the count is none the less";
}

TEST_F(ExemplarLabels, Have128CharactersAtMostHoweverManyBytes) {
  const auto repeated = [](std::string_view character, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += character;
    return text;
  };
  for (const char* character : {"x", "\"", "\n", "Ж", "語", "\xF0\x9F\x98\x80"}) {
    const std::string fits = shown_after({{"ab", repeated(character, 125)}, {"c", ""}});
    EXPECT_EQ(LabelsView(fits).find("ab"), repeated(character, 125)) << character;
    EXPECT_EQ(shown_after({{"ab", repeated(character, 126)}, {"c", ""}}), fits) << character;
  }
  EXPECT_EQ(dropped("length"), 6);
  EXPECT_EQ(dropped("labels"), 0);
}

}  // namespace
}  // namespace kymo
