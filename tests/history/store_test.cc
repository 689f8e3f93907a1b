#include <kymo/history/store.h>

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <limits>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core.h>
#include <kymo/core/snapshot_builder.h>

#include "store_model.h"

namespace kymo::KYMO_ABI::history {
namespace {

using series::Matcher;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Time = std::chrono::system_clock::time_point;

Time at(std::int64_t time_ms) { return Time(std::chrono::milliseconds(time_ms)); }

/// A Snapshot of gauges of one family, by their label.
std::shared_ptr<const Snapshot> gauges(const std::vector<std::pair<std::string, double>>& values) {
  SnapshotBuilder builder;
  SnapshotWriter& writer = builder;
  auto family = writer.gauge({"level", "L."});
  for (const auto& [name, value] : values) family.add({{"of", name}}, value);
  return builder.finish();
}

std::vector<series::SeriesRef> named(const Store& store, const std::string& name,
                                     series::TimeRange range = {}) {
  const std::vector<Matcher> matchers = {Matcher::equal("__name__", name)};
  return store.find(matchers, range);
}

/// Times and values of the only series of that name.
std::vector<std::pair<std::int64_t, double>> values_of(const Store& store, const std::string& name,
                                                       series::TimeRange range = {}) {
  std::vector<std::pair<std::int64_t, double>> values;
  const auto scan = store.scan();
  for (const auto& series : named(store, name)) {
    for (const PlainSample& sample : samples_of(*scan, series, range)) {
      values.emplace_back(sample.time_ms, std::bit_cast<double>(sample.bits));
    }
  }
  return values;
}

TEST(Store, GivesNumbersBackUnderTheirFinalNames) {
  Registry registry;
  auto requests = registry.counter("http.requests", "R.");
  Store store;
  for (int i = 1; i <= 3; ++i) {
    requests.add(10);
    ASSERT_TRUE(store.append(at(1000 * i), *registry.snapshot()));
  }
  EXPECT_THAT(values_of(store, "http_requests_total"),
              ElementsAre(std::pair(1000, 10.0), std::pair(2000, 20.0), std::pair(3000, 30.0)));
  EXPECT_THAT(values_of(store, "http_requests_total", {2000, 2999}), ElementsAre(std::pair(2000, 20.0)));
  const auto series = named(store, "http_requests_total");
  ASSERT_THAT(series, SizeIs(1));
  EXPECT_EQ(series[0]->family->name, "http_requests");
  EXPECT_EQ(series[0]->family->help, "R.");
  EXPECT_EQ(series[0]->family->kind, Kind::counter);
}

TEST(Store, KeepsWholeCountsExactToTheLast) {
  Registry registry;
  auto counter = registry.counter("big", "B.");
  counter.add(std::numeric_limits<std::uint64_t>::max() - 1);
  Store store({.window_ticks = 2});
  std::vector<std::uint64_t> counts;
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(store.append(at(i), *registry.snapshot()));
    if (i == 1) counter.add(1);
  }
  const auto scan = store.scan();
  scan->open(named(store, "big_total").at(0), {});
  while (const series::SeriesChunk* chunk = scan->next()) {
    counts.insert(counts.end(), chunk->counts.begin(), chunk->counts.end());
  }
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_THAT(counts, ElementsAre(most - 1, most, most));
}

TEST(Store, KeepsTheBitsOfFloatingNumbers) {
  const std::vector<double> odd = {-0.0,
                                   0.0,
                                   std::bit_cast<double>(std::uint64_t{0x7ff8000000000123}),
                                   std::bit_cast<double>(std::uint64_t{0xfff0000000000001}),
                                   std::numeric_limits<double>::infinity(),
                                   std::numeric_limits<double>::denorm_min(),
                                   -std::numeric_limits<double>::max(),
                                   0.1,
                                   12345.678,
                                   9007199254740993.0,
                                   1e22};
  Store store({.window_ticks = 40});
  std::vector<std::uint64_t> expected;
  for (std::size_t i = 0; i < 100; ++i) {
    const double value = odd[i * i % odd.size()];
    expected.push_back(std::bit_cast<std::uint64_t>(value));
    ASSERT_TRUE(store.append(at(static_cast<std::int64_t>(i)), *gauges({{"a", value}})));
  }
  std::vector<std::uint64_t> bits;
  const auto scan = store.scan();
  for (const PlainSample& sample : samples_of(*scan, named(store, "level").at(0)))
    bits.push_back(sample.bits);
  EXPECT_EQ(bits, expected);
}

TEST(Store, MarksASeriesThatEnds) {
  Store store;
  ASSERT_TRUE(store.append(at(1), *gauges({{"a", 1}, {"b", 1}})));
  ASSERT_TRUE(store.append(at(2), *gauges({{"b", 2}})));
  ASSERT_TRUE(store.append(at(3), *gauges({{"b", 3}})));
  ASSERT_TRUE(store.append(at(4), *gauges({{"a", 4}, {"b", 4}})));
  const PlainSeries all = all_of(store);
  const auto& ended = all.at("level{of=\"a\"}");
  ASSERT_THAT(ended, SizeIs(3));
  EXPECT_EQ(ended[1], (PlainSample{2, series::kStaleBits}));
  EXPECT_EQ(ended[2], (PlainSample{4, std::bit_cast<std::uint64_t>(4.0)}));
  EXPECT_THAT(all.at("level{of=\"b\"}"), SizeIs(4));
}

TEST(Store, RefusesTicksThatAreNotAfterTheLast) {
  Store store;
  ASSERT_TRUE(store.append(at(5000), *gauges({{"a", 1}})));
  EXPECT_FALSE(store.append(at(5000), *gauges({{"a", 2}})));
  EXPECT_FALSE(store.append(at(1400), *gauges({{"a", 3}, {"b", 3}})));
  ASSERT_TRUE(store.append(at(5001), *gauges({{"a", 4}})));
  EXPECT_THAT(values_of(store, "level"), ElementsAre(std::pair(5000, 1.0), std::pair(5001, 4.0)));
  EXPECT_EQ(store.figures().late_ticks, 2U);
  EXPECT_EQ(store.figures().late_samples, 3U);
}

TEST(Store, KnowsWhenACountBeganAndWhenItWasReset) {
  Registry registry;
  auto hits = registry.counter("hits", "H.");
  hits.add(5);
  Store store;
  ASSERT_TRUE(store.append(at(1), *registry.snapshot()));
  std::this_thread::sleep_for(std::chrono::milliseconds(2));  // the times must differ
  registry.reset();
  hits.add(1);
  const auto after = registry.snapshot();
  ASSERT_TRUE(store.append(at(2), *after));
  const auto scan = store.scan();
  const auto samples = samples_of(*scan, named(store, "hits_total").at(0));
  ASSERT_THAT(samples, SizeIs(2));
  EXPECT_GT(samples[0].started_ms, 0);
  EXPECT_GT(samples[1].started_ms, samples[0].started_ms);
}

TEST(Store, FindsSeriesByMatchersAndTime) {
  Store store({.window_ticks = 2});
  for (int i = 1; i <= 6; ++i) {
    if (i <= 2) {
      ASSERT_TRUE(store.append(at(i), *gauges({{"a", 1}, {"b", 1}})));
    } else {
      ASSERT_TRUE(store.append(at(i), *gauges({{"b", 1}, {"c", 1}})));
    }
  }
  const auto found = [&](const std::vector<Matcher>& matchers, series::TimeRange range = {}) {
    std::vector<std::string> names;
    for (const auto& series : store.find(matchers, range)) names.emplace_back(series->labels.get("of"));
    std::ranges::sort(names);
    return names;
  };
  EXPECT_THAT(found({}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(found({Matcher::equal("of", "b")}), ElementsAre("b"));
  EXPECT_THAT(found({Matcher::equal("__name__", "level"), Matcher::not_equal("of", "b")}),
              ElementsAre("a", "c"));
  EXPECT_THAT(found({Matcher::equal("__name__", "other")}), IsEmpty());
  EXPECT_THAT(found({Matcher::equal("none", "")}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(found({}, {-10, 0}), IsEmpty());
  EXPECT_THAT(found({}, {5, 9}), ElementsAre("b", "c"));
  EXPECT_THAT(store.find({}, {}, {}, 2), SizeIs(2));
  EXPECT_THAT(store.label_names({}, {}), ElementsAre("__name__", "of"));
  EXPECT_THAT(store.label_values("of", {}, {}), ElementsAre("a", "b", "c"));
  ASSERT_THAT(store.families(), SizeIs(1));
  EXPECT_EQ(store.families()[0]->name, "level");
}

TEST(Store, GivesUpAtALimit) {
  Store store;
  ASSERT_TRUE(store.append(at(1), *gauges({{"a", 1}})));
  std::stop_source stop;
  const auto series = store.find({}, {}, {.stop = stop.get_token()});
  ASSERT_THAT(series, SizeIs(1));
  const auto scan = store.scan({.stop = stop.get_token()});
  stop.request_stop();
  EXPECT_THAT(store.find({}, {}, {.stop = stop.get_token()}), IsEmpty());
  scan->open(series[0], {});
  EXPECT_EQ(scan->next(), nullptr);
  EXPECT_THAT(store.find({}, {}, {.deadline = std::chrono::steady_clock::now()}), IsEmpty());
}

TEST(Store, RefusesSeriesBeyondTheLimit) {
  Store store({.most_series = 2});
  ASSERT_TRUE(store.append(at(1), *gauges({{"a", 1}, {"b", 1}, {"c", 1}})));
  EXPECT_EQ(store.figures().refused_samples, 1U);
  EXPECT_EQ(store.figures().series, 2U);
}

TEST(Store, ForgetsTheSeriesOfEvictedBlocks) {
  Store store({.memory_bytes = 1, .window_ticks = 2});
  for (int i = 1; i <= 50; ++i) {
    ASSERT_TRUE(store.append(at(i), *gauges({{std::to_string(i), 1}})));
  }
  EXPECT_LT(store.figures().series, 10U);
  EXPECT_GT(store.figures().evicted_blocks, 10U);
  EXPECT_GT(store.figures().oldest_ms, 30);
}

TEST(Store, KeepsWhatAScanReads) {
  Store store({.memory_bytes = 1, .window_ticks = 2});
  ASSERT_TRUE(store.append(at(1), *gauges({{"a", 1}})));
  const auto scan = store.scan();
  const auto series = named(store, "level");
  ASSERT_THAT(series, SizeIs(1));
  scan->open(series[0], {});
  for (int i = 2; i <= 20; ++i) ASSERT_TRUE(store.append(at(i), *gauges({{"b", 1}})));
  const series::SeriesChunk* chunk = scan->next();
  ASSERT_NE(chunk, nullptr);
  EXPECT_THAT(chunk->times_ms, ElementsAre(1));
  scan->open(series[0], {});  // forgotten meanwhile
  EXPECT_EQ(scan->next(), nullptr);
}

/// Samples with times of their own, as rules write them.
class OwnTimes : public ::testing::Test {
 protected:
  static series::SinkResult put(Store& store, std::int64_t time_ms, const std::string& name, double value) {
    const series::LabelSet labels{{"__name__", name}};
    const std::vector<series::Sample> samples = {{.labels = labels, .value = value}};
    return store.append(time_ms, samples);
  }
};

TEST_F(OwnTimes, StandBesideTheTicks) {
  Store store;
  ASSERT_TRUE(store.append(at(1000), *gauges({{"a", 1}})));
  EXPECT_EQ(put(store, 1500, "x", 7).taken, 1U);
  EXPECT_EQ(put(store, 1500, "y", 8).taken, 1U);
  ASSERT_TRUE(store.append(at(2000), *gauges({{"a", 2}})));
  EXPECT_EQ(put(store, 1700, "x", 9).taken, 1U);
  EXPECT_THAT(values_of(store, "x"), ElementsAre(std::pair(1500, 7.0), std::pair(1700, 9.0)));
  EXPECT_THAT(values_of(store, "x", {1600, 5000}), ElementsAre(std::pair(1700, 9.0)));
  EXPECT_THAT(values_of(store, "y"), ElementsAre(std::pair(1500, 8.0)));
  EXPECT_THAT(values_of(store, "level"), ElementsAre(std::pair(1000, 1.0), std::pair(2000, 2.0)));
  EXPECT_EQ(store.figures().samples, 5U);
}

TEST_F(OwnTimes, LateOnesAndThoseOfASnapshotAreRefused) {
  Store store;
  ASSERT_TRUE(store.append(at(1000), *gauges({{"a", 1}})));
  EXPECT_EQ(put(store, 1500, "x", 7).taken, 1U);
  EXPECT_EQ(put(store, 1500, "x", 8).late, 1U);
  EXPECT_EQ(put(store, 1499, "x", 8).late, 1U);
  const series::LabelSet taken{{"__name__", "level"}, {"of", "a"}};
  const std::vector<series::Sample> samples = {{.labels = taken, .value = 5}};
  EXPECT_EQ(store.append(2500, samples).refused, 1U);
  EXPECT_THAT(values_of(store, "level"), ElementsAre(std::pair(1000, 1.0)));
  EXPECT_EQ(store.figures().late_samples, 2U);
}

TEST_F(OwnTimes, AreSealedAndComeBack) {
  Store store;
  std::vector<std::pair<std::int64_t, double>> even;
  std::vector<std::pair<std::int64_t, double>> all;
  for (std::int64_t i = 0; i < 2000; ++i) {
    ASSERT_EQ(put(store, 1000 + i * 7, "all", static_cast<double>(i)).taken, 1U);
    all.emplace_back(1000 + i * 7, static_cast<double>(i));
    if (i % 2 != 0) continue;
    ASSERT_EQ(put(store, 1000 + i * 7, "even", static_cast<double>(-i)).taken, 1U);
    even.emplace_back(1000 + i * 7, static_cast<double>(-i));
  }
  EXPECT_GE(store.figures().blocks, 3U);
  EXPECT_EQ(values_of(store, "all"), all);
  EXPECT_EQ(values_of(store, "even"), even);
  EXPECT_EQ(store.figures().samples, 3000U);
}

TEST(Store, TellsOfItself) {
  Store store;
  ASSERT_TRUE(store.append(at(1500), *gauges({{"a", 1}})));
  SnapshotBuilder builder;
  store.write(builder);
  EXPECT_EQ(builder.errors(), 0U);
  const auto snapshot = builder.finish();
  EXPECT_EQ(to_double(snapshot->find("kymo_history_samples", {})->number), 1);
  EXPECT_EQ(to_double(snapshot->find("kymo_history_oldest_sample_timestamp_seconds", {})->number), 1.5);
}

class Random final {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  /// From `least` to below `end`.
  int in(int least, int end) { return std::uniform_int_distribution<int>(least, end - 1)(engine_); }
  bool one_in(int n) { return in(0, n) == 0; }
  double any_double() {
    return std::bit_cast<double>(std::uniform_int_distribution<std::uint64_t>()(engine_));
  }

 private:
  std::mt19937 engine_;
};

/// Random life of a registry and of producers, against the plainest store.
void live(Store& store, StoreModel& model, unsigned seed, int ticks) {
  Random random(seed);
  Registry registry({.callback_deadline = std::chrono::milliseconds(0)});
  auto counters = registry.family<Counter>("calls", "C.");
  auto levels = registry.up_down_counter("level.whole", "L.");
  auto window = registry.window("recent", "R.", {.unit = "seconds"});
  auto sizes = registry.histogram("sizes", "S.", {.unit = "bytes"});
  auto bounded = registry.family<Histogram>("bounded", "B.", {.bounds = {-1, 0.5, 10}});
  std::vector<std::pair<std::string, double>> produced;
  const Registration producer = registry.add_producer([&](SnapshotWriter& writer) {
    auto family = writer.gauge({"produced", "P."});
    auto counts = writer.counter({"produced_count", "P."});
    for (const auto& [name, value] : produced) {
      family.add({{"of", name}}, value);
      counts.add({{"of", name}}, std::floor(value));
    }
  });
  std::int64_t time_ms = 1000;
  for (int tick = 0; tick < ticks; ++tick) {
    const int calls = random.in(0, 3);
    for (int i = 0; i < calls; ++i) {
      counters.with({{"code", std::to_string(random.in(0, 100))}})
          .add(static_cast<std::uint64_t>(random.in(0, 256)));
    }
    levels.add(random.in(-5, 5));
    window.record(random.in(0, 100) * 0.1);
    if (random.one_in(3)) sizes.record(std::exp2(random.in(-45, 60)));
    if (random.one_in(4)) {
      bounded.with({{"of", random.one_in(2) ? "a" : "b"}}).record(random.in(-3, 20));
    }
    if (random.one_in(20)) registry.reset();
    if (random.one_in(5)) {
      produced.clear();
      const int count = random.in(0, 80);
      for (int i = 0; i < count; ++i) {
        produced.emplace_back(std::to_string(random.in(0, 150)), random.any_double());
      }
    }
    for (auto& [name, value] : produced) value += 0.25 * random.in(0, 4);
    const auto snapshot = registry.snapshot();
    time_ms += random.in(-5, 2000);
    if (store.append(at(time_ms), *snapshot)) {
      model.append(time_ms, *snapshot);
    } else {
      time_ms = store.figures().newest_ms;
    }
  }
}

RC_GTEST_PROP(StoreModelTest, EverythingComesBackBitByBit, (unsigned seed)) {
  Store store({.window_ticks = static_cast<std::uint32_t>(*rc::gen::inRange(1, 20))});
  StoreModel model;
  live(store, model, seed, *rc::gen::inRange(1, 40));
  const PlainSeries kept = all_of(store);
  RC_ASSERT(kept.size() == model.all().size());
  for (const auto& [key, samples] : model.all()) {
    RC_ASSERT(kept.contains(key));
    RC_ASSERT(kept.at(key) == samples);
  }
}

RC_GTEST_PROP(StoreModelTest, EvictionTakesTheOldestOnly, (unsigned seed)) {
  Store store({.memory_bytes = static_cast<std::size_t>(*rc::gen::inRange(1, 300'000)), .window_ticks = 10});
  StoreModel model;
  live(store, model, seed, 40);
  for (const auto& [key, samples] : all_of(store)) {
    const std::vector<PlainSample>& all = model.all().at(key);
    RC_ASSERT(samples.size() <= all.size());
    RC_ASSERT(std::equal(samples.rbegin(), samples.rend(), all.rbegin()));
  }
  const StoreFigures figures = store.figures();
  RC_ASSERT(figures.samples + figures.evicted_samples == figures.appended_samples);
}

RC_GTEST_PROP(StoreModelTest, RangesCutAnywhere, (unsigned seed)) {
  Store store({.window_ticks = 12});
  StoreModel model;
  live(store, model, seed, 30);
  const auto from = static_cast<std::int64_t>(*rc::gen::inRange(0, 30'000));
  const auto to = from + *rc::gen::inRange(0, 30'000);
  const PlainSeries found = all_of(store, {from, to});
  for (const auto& [key, samples] : model.all()) {
    std::vector<PlainSample> within;
    std::ranges::copy_if(samples, std::back_inserter(within), [&](const PlainSample& sample) {
      return sample.time_ms >= from && sample.time_ms <= to;
    });
    const auto at_key = found.find(key);
    RC_ASSERT((at_key == found.end() ? std::vector<PlainSample>() : at_key->second) == within);
  }
}

TEST(Store, ReadsBesideAppendsAndEviction) {
  Registry registry;
  auto hits = registry.family<Counter>("hits", "H.");
  auto sizes = registry.histogram("sizes", "S.", {.unit = "bytes"});
  Store store({.memory_bytes = 200'000, .window_ticks = 20});
  const auto read = [&](const std::stop_token& stop) {
    const auto scan = store.scan();
    while (!stop.stop_requested()) {
      for (const auto& series : store.find({}, {})) {
        const auto samples = samples_of(*scan, series);
        for (std::size_t i = 1; i < samples.size(); ++i)
          EXPECT_LT(samples[i - 1].time_ms, samples[i].time_ms);
      }
      (void)store.figures();
    }
  };
  std::jthread one(read);
  std::jthread two(read);
  for (int i = 1; i <= 300; ++i) {
    hits.with({{"of", std::to_string(i / 4)}}).add(1);
    sizes.record(i);
    EXPECT_TRUE(store.append(at(i), *registry.snapshot()));
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::history
