#include <kymo/core/histogram.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <barrier>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/histogram_value.h>
#include <kymo/core/registry.h>
#include <kymo/core/timing.h>

namespace kymo {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double exact_quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

TEST(Histogram, KeepsCountSumMinAndMaxExactly) {
  Registry registry;
  Histogram histogram = registry.histogram("size", "Sizes.", {.unit = "bytes"});
  for (const double value : {3.0, 1.0, 4.0, 1.0, 5.0, 0.0}) histogram.record(value);
  const HistogramValue value = histogram.value();
  EXPECT_EQ(value.count(), 6U);
  EXPECT_EQ(value.sum(), 14.0);
  EXPECT_EQ(value.min(), 0.0);
  EXPECT_EQ(value.max(), 5.0);
  EXPECT_EQ(value.zero_count(), 1U);
}

TEST(Histogram, IsEmptyAtFirst) {
  Registry registry;
  const HistogramValue value = registry.histogram("size", "Sizes.").value();
  EXPECT_EQ(value.count(), 0U);
  EXPECT_EQ(value.mean(), 0.0);
  EXPECT_TRUE(std::isnan(value.quantile(0.5)));
  EXPECT_TRUE(std::isnan(value.min()));
}

// The border table against the definition: bucket i holds (2^(i/64), 2^((i+1)/64)].
TEST(Histogram, PutsBordersIntoTheBucketBelow) {
  for (int i = -64 * 30; i < 64 * 30; ++i) {
    const auto border = static_cast<double>(std::exp2(static_cast<long double>(i) / 64));
    const int below =
        static_cast<int>(cells::bucket_number(std::nextafter(border, 0.0))) + cells::kMinExponent * 64;
    const int above =
        static_cast<int>(cells::bucket_number(std::nextafter(border, kInfinity))) + cells::kMinExponent * 64;
    ASSERT_EQ(below, i - 1) << i;
    ASSERT_EQ(above, i) << i;
    if (i % 64 == 0) {
      ASSERT_EQ(static_cast<int>(cells::bucket_number(border)) + cells::kMinExponent * 64, i - 1);
    }
  }
}

TEST(Histogram, ClampsWhatIsBeyondItsRange) {
  Registry registry;
  Histogram histogram = registry.histogram("x", "X.");
  histogram.record(std::numeric_limits<double>::denorm_min());
  histogram.record(1e300);
  const HistogramValue value = histogram.value();
  EXPECT_EQ(value.count(), 2U);
  EXPECT_EQ(value.zero_count(), 1U);
  EXPECT_EQ(value.max(), 1e300);
  EXPECT_EQ(value.quantile(1), 1e300);
  EXPECT_LE(value.quantile(0.99), 1e300);
}

TEST(Histogram, RefusesWhatIsNoMagnitudeAndItsSumStaysANumber) {
  Registry registry;
  Histogram histogram = registry.histogram("x", "X.");
  const auto refused = [&](const char* reason) {
    return to_double(
        registry.snapshot()->find("kymo_recordings_refused_total", {{"reason", reason}})->number);
  };
  const double nan_before = refused("not_a_number");
  const double infinite_before = refused("infinite");
  const double negative_before = refused("negative");
  histogram.record(std::nan(""));
  histogram.record(kInfinity);
  histogram.record(-kInfinity);
  histogram.record(-1);
  histogram.record(std::numeric_limits<double>::max());
  histogram.record(std::numeric_limits<double>::max());
  EXPECT_EQ(refused("not_a_number") - nan_before, 1);
  EXPECT_EQ(refused("infinite") - infinite_before, 2);
  EXPECT_EQ(refused("negative") - negative_before, 1);
  EXPECT_EQ(histogram.value().count(), 2U);
  EXPECT_EQ(histogram.value().sum(), std::numeric_limits<double>::max());
}

TEST(Histogram, PercentilesAreWithinOnePercent) {
  Registry registry;
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> lognormal(-7, 2);
  std::uniform_real_distribution<double> exponent(-9, 3);
  std::bernoulli_distribution slow(0.1);
  const std::vector<std::function<double()>> distributions = {
      [&] { return lognormal(random); },
      [&] { return std::pow(10, exponent(random)); },
      [&] { return slow(random) ? 0.25 : 0.001; },
      [] { return 0.0421; },
  };
  for (std::size_t d = 0; d < distributions.size(); ++d) {
    Histogram histogram = registry.histogram("d" + std::to_string(d), "A distribution.");
    std::vector<double> values;
    for (int i = 0; i < 200'000; ++i) {
      values.push_back(distributions[d]());
      histogram.record(values.back());
    }
    const HistogramValue value = histogram.value();
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999, 0.9999, 1.0}) {
      const double exact = exact_quantile(values, q);
      EXPECT_NEAR(value.quantile(q), exact, exact * 0.01) << "distribution " << d << ", q " << q;
    }
  }
}

// As a producer may write them: an instrument has one bucket for all beyond 2^44.
TEST(HistogramValue, QuantilesOfTheLargestNumbersAreFinite) {
  for (const double exponent : {100.0, 511.0, 512.5, 800.0, 1023.9}) {
    const auto index = static_cast<std::int32_t>(exponent * (1 << HistogramValue::kScale));
    HistogramValue value;
    value.add_bucket(index, 10);
    value.set_extremes(0, std::numeric_limits<double>::max());
    EXPECT_NEAR(value.quantile(0.5) / std::exp2(exponent), 1, 0.02) << exponent;
  }
}

RC_GTEST_PROP(HistogramValue, QuantilesLieWithinOnePercentOfTheTrueOnes, (std::vector<std::uint32_t> raw)) {
  RC_PRE(!raw.empty());
  Registry registry;
  Histogram histogram = registry.histogram("x", "X.");
  std::vector<double> values;
  for (const std::uint32_t number : raw) values.push_back(static_cast<double>(number) * 1e-6);
  for (const double value : values) histogram.record(value);
  for (const double q : {0.1, 0.5, 0.9, 0.99}) {
    const double exact = exact_quantile(values, q);
    RC_ASSERT(std::abs(histogram.value().quantile(q) - exact) <= exact * 0.01);
  }
}

RC_GTEST_PROP(HistogramValue, MergeIsAsIfAllWereRecordedInOne,
              (std::vector<std::uint16_t> left, std::vector<std::uint16_t> right)) {
  Registry registry;
  Histogram a = registry.histogram("a", "A.");
  Histogram b = registry.histogram("b", "B.");
  Histogram both = registry.histogram("both", "Both.");
  for (const std::uint16_t value : left) a.record(value), both.record(value);
  for (const std::uint16_t value : right) b.record(value), both.record(value);
  HistogramValue merged = a.value();
  RC_ASSERT(merged.merge(b.value()));
  const HistogramValue expected = both.value();
  RC_ASSERT(merged.count() == expected.count());
  RC_ASSERT(merged.sum() == expected.sum());
  RC_ASSERT(std::equal(merged.buckets().begin(), merged.buckets().end(), expected.buckets().begin(),
                       expected.buckets().end()));
}

RC_GTEST_PROP(HistogramValue, CountsAtPowersOfTwoAreExact, (std::vector<std::uint32_t> raw)) {
  Registry registry;
  Histogram histogram = registry.histogram("x", "X.");
  for (const std::uint32_t value : raw) histogram.record(value);
  for (int exponent = 0; exponent <= 32; ++exponent) {
    const double bound = std::ldexp(1.0, exponent);
    const auto expected = std::count_if(raw.begin(), raw.end(), [&](std::uint32_t v) { return v <= bound; });
    RC_ASSERT(histogram.value().count_at_or_below(bound) == static_cast<std::uint64_t>(expected));
  }
}

TEST(Histogram, IsExactFromManyThreads) {
  Registry registry;
  Histogram histogram = registry.histogram("x", "X.");
  Histogram fixed = registry.histogram("y", "Y.", {.bounds = {1, 10, 100}});
  constexpr int kThreads = 8;
  constexpr int kEach = 50'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        histogram.record(t + 1);
        fixed.record(t + 1);
      }
    });
  }
  for (int i = 0; i < 20; ++i)
    EXPECT_LE(registry.snapshot()->find("x", {})->histogram->count(), kThreads * kEach);
  for (std::thread& thread : threads) thread.join();
  EXPECT_NEAR(fixed.value().quantile(0.5), kThreads / 2, kThreads / 2 * 0.01);
  for (const HistogramValue& value : {histogram.value(), fixed.value()}) {
    EXPECT_EQ(value.count(), kThreads * kEach);
    EXPECT_EQ(value.sum(), kEach * (kThreads * (kThreads + 1) / 2));
    EXPECT_EQ(value.min(), 1);
    EXPECT_EQ(value.max(), kThreads);
  }
}

// Buckets begin with 2 bytes and go on in 8: nothing may be lost where they change over, by the thread that
// owns them, by others at the same time, or by a signal handler.
TEST(Histogram, IsExactWhereItsBucketsGrowWider) {
  Registry registry;
  Histogram histogram = registry.histogram("h", "H.");
  constexpr std::uint64_t kThreads = 2;
  constexpr std::uint64_t kEach = 70'000;  // past 2^15 and 2^16
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        histogram.record(1.5);
        histogram.record(i % 2 == 0 ? 1.6 : 1000.0);
        if (i % 1000 == 0) {
          EXPECT_LE(histogram.value().count(), 2 * kThreads * kEach);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const HistogramValue value = histogram.value();
  EXPECT_EQ(value.count(), 2 * kThreads * kEach);
  EXPECT_EQ(value.count_at_or_below(2), kThreads * (kEach + kEach / 2));
  std::uint64_t most = 0;
  for (const HistogramValue::Bucket bucket : value.buckets()) most = std::max(most, bucket.count);
  EXPECT_EQ(most, kThreads * kEach);
}

// The ten octaves around the first value are found in another way than those below and above.
// Each thread's count of a bucket may be small, or stand in a wide page. Small counts may also exceed a
// narrow page together.
RC_GTEST_PROP(Histogram, AddsUpWhatThreadsThatLiveTogetherCounted, ()) {
  struct Share {
    double value;
    std::uint64_t times;
  };
  // New ones each time: what a histogram leaves behind, wide pages and all, is given to the next.
  static Registry registry;
  static int number = 0;
  Histogram shared = registry.histogram("shared_" + std::to_string(++number), "S.");
  Histogram of_one = registry.histogram("of_one_" + std::to_string(number), "O.");
  std::vector<std::vector<Share>> shares(4);
  for (auto& of_thread : shares) {
    const auto add = [&](double value) {
      of_thread.push_back({value, *rc::gen::element<std::uint64_t>(1, 30'000, 32'767, 32'768)});
    };
    add(1.5);
    for (auto count = *rc::gen::inRange(0, 3); count > 0; --count) {
      add(*rc::gen::element(0.0, 1e-9, 1.51, 1.9, 1000.0, 3e7));
    }
  }
  std::barrier all_have_recorded(static_cast<std::ptrdiff_t>(shares.size()));
  std::vector<std::thread> threads;
  for (const auto& of_thread : shares) {
    threads.emplace_back([&] {
      for (const Share& share : of_thread) {
        for (std::uint64_t i = 0; i < share.times; ++i) shared.record(share.value);
      }
      all_have_recorded.arrive_and_wait();  // a thread that ends hands its cells to the next
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& of_thread : shares) {
    for (const Share& share : of_thread) {
      for (std::uint64_t i = 0; i < share.times; ++i) of_one.record(share.value);
    }
  }
  const HistogramValue read = shared.value();
  const HistogramValue expected = of_one.value();
  RC_ASSERT(read.buckets() == expected.buckets());
  RC_ASSERT(read.count() == expected.count() && read.zero_count() == expected.zero_count());
  RC_ASSERT(std::abs(read.sum() - expected.sum()) <= 1e-9 * expected.sum());
  if (read.count() != 0) RC_ASSERT(read.min() == expected.min() && read.max() == expected.max());
}

TEST(Histogram, IsExactFarFromItsFirstValues) {
  Registry registry;
  Histogram histogram = registry.histogram("h", "H.");
  constexpr std::uint64_t kOften = 40'000;  // past 2^15
  histogram.record(0);
  for (const double first : {1.5, 0.0}) histogram.record(first);
  for (int exponent = 43; exponent >= -39; --exponent) histogram.record(std::ldexp(1.5, exponent));
  for (std::uint64_t i = 0; i < kOften; ++i) {
    for (const int exponent : {-30, 0, 30}) histogram.record(std::ldexp(1.5, exponent));
  }
  const HistogramValue value = histogram.value();
  EXPECT_EQ(value.count(), 3 + 83 + 3 * kOften);
  EXPECT_EQ(value.zero_count(), 2U);
  ASSERT_EQ(value.buckets().size(), 83U);
  EXPECT_TRUE(std::ranges::is_sorted(value.buckets(),
                                     [](const auto& a, const auto& b) { return a.index < b.index; }));
  for (const int exponent : {-39, -30, -7, 0, 8, 30, 43}) {
    const std::uint64_t often = kOften * ((exponent >= -30) + (exponent >= 0) + (exponent >= 30));
    const auto below = static_cast<std::uint64_t>(exponent + 40);
    EXPECT_EQ(value.count_at_or_below(std::ldexp(1, exponent + 1)), 2 + below + (exponent >= 0) + often)
        << exponent;
  }
}

// How many pages there are to read may change while they are read.
TEST(Histogram, IsReadBesideAThreadThatAddsPages) {
  Registry registry;
  for (int round = 0; round < 50; ++round) {
    Histogram histogram = registry.histogram("h" + std::to_string(round), "H.");
    constexpr std::uint64_t kRecords = 84 * 4;
    std::thread recording([histogram]() mutable {
      for (std::uint64_t i = 0; i < kRecords; ++i)
        histogram.record(std::exp2(static_cast<double>(i) / 4 - 39.9));
    });
    std::uint64_t before = 0;
    while (before < kRecords) {
      const HistogramValue value = histogram.value();
      std::uint64_t in_buckets = 0;
      for (const HistogramBucket bucket : value.buckets()) in_buckets += bucket.count;
      ASSERT_EQ(in_buckets, value.count());
      ASSERT_GE(value.count(), before);
      before = value.count();
    }
    recording.join();
    EXPECT_EQ(histogram.value().buckets().size(), kRecords);
  }
}

// Small buckets are kept in another form than large ones.
RC_GTEST_PROP(HistogramBuckets, ComeBackAsTheyWerePut, ()) {
  std::vector<HistogramBucket> buckets;
  std::int32_t index = *rc::gen::element(-2560, -100'000, 0, 5600);
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::element(1, 7, 3000));
  for (const int step : steps) {
    index += step;
    const std::uint64_t more = *rc::gen::inRange<std::uint64_t>(0, 3);
    const std::uint64_t count = *rc::gen::element<std::uint64_t>(1, 524'286, std::uint64_t{1} << 60U) + more;
    buckets.push_back({index, count});
  }
  HistogramBuckets kept;
  for (const HistogramBucket bucket : buckets) kept.push_back(bucket);
  RC_ASSERT(std::equal(kept.begin(), kept.end(), buckets.begin(), buckets.end()));
  RC_ASSERT(kept.size() == buckets.size());
  if (!buckets.empty()) RC_ASSERT(kept.front() == buckets.front() && kept.back() == buckets.back());
}

// Small and large ones, among places that lie between, below and beyond them.
RC_GTEST_PROP(HistogramBuckets, AreAddedUpToEachPlace, ()) {
  HistogramBuckets buckets;
  std::vector<std::int64_t> places{std::numeric_limits<std::int64_t>::min(), -3000};
  const bool any_large = *rc::gen::arbitrary<bool>();
  std::int32_t index = *rc::gen::element(-2560, -100'000, 0, 2700);
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::element(1, 7, 30))) {
    if (*rc::gen::inRange(0, 4) == 0) places.push_back(index + *rc::gen::inRange(0, step));
    index += step;
    const bool is_large = any_large && *rc::gen::inRange(0, 10) == 0;
    buckets.push_back(
        {index, is_large ? std::uint64_t{1} << 40U : *rc::gen::inRange<std::uint64_t>(1, 524'287)});
  }
  places.push_back(std::numeric_limits<std::int32_t>::max());
  std::sort(places.begin(), places.end());
  std::vector<HistogramBuckets::Through> through(places.begin(), places.end());
  std::vector<std::uint64_t> sums(places.size(), 77);
  buckets.sums_through(through, sums);
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::uint64_t expected = 0;
    for (const HistogramBucket bucket : buckets) expected += bucket.index <= places[i] ? bucket.count : 0;
    RC_ASSERT(sums[i] == expected);
  }
}

TEST(HistogramBuckets, ACopyHasItsOwnMemory) {
  auto words = std::make_unique<std::array<std::uint32_t, 2 * HistogramBuckets::kMostWords>>();
  std::uint32_t* end = HistogramBuckets::put(words->data(), {3, 5});
  end = HistogramBuckets::put(end, {4, std::uint64_t{1} << 40U});
  HistogramBuckets moved = HistogramBuckets::borrowing({words->data(), end}, false);
  const HistogramBuckets borrowing = std::move(moved);
  HistogramBuckets copy = borrowing;
  HistogramBuckets grown = borrowing;
  grown.push_back({5, 1});
  EXPECT_EQ(borrowing.size(), 2U);
  words.reset();
  EXPECT_EQ(copy.front(), (HistogramBucket{3, 5}));
  EXPECT_EQ(copy.back(), (HistogramBucket{4, std::uint64_t{1} << 40U}));
  EXPECT_EQ(grown.back(), (HistogramBucket{5, 1}));
  copy.push_back({5, 1});
  EXPECT_EQ(copy, grown);
}

// A Snapshot's histograms share memory that goes with it.
TEST(HistogramValue, CopiedFromASnapshotOutlivesIt) {
  Registry registry;
  Histogram histogram = registry.histogram("latency", "L.");
  std::vector<double> values;
  for (int i = 1; i <= 300; ++i) values.push_back(i * 0.1);
  for (const double value : values) histogram.record(value);
  auto snapshot = registry.snapshot();
  const HistogramValue copy = *snapshot->find("latency")->point(0).histogram;
  const FamilySnapshot family = *snapshot->find("latency");
  snapshot.reset();
  EXPECT_EQ(copy, histogram.value());
  EXPECT_EQ(*family.point(0).histogram, copy);
}

TEST(HistogramValue, SubtractTakesOutWhatWasThereBefore) {
  Registry registry;
  Histogram histogram = registry.histogram("h", "H.");
  for (const double value : {0.0, 1.0, 2.0, 1000.0}) histogram.record(value);
  const HistogramValue before = histogram.value();
  for (const double value : {2.0, 4.0, 8.0}) histogram.record(value);
  HistogramValue since = histogram.value();
  ASSERT_TRUE(since.subtract(before));
  EXPECT_EQ(since.count(), 3U);
  EXPECT_EQ(since.sum(), 14.0);
  EXPECT_EQ(since.zero_count(), 0U);
  EXPECT_NEAR(since.min(), 2, 0.04);
  EXPECT_NEAR(since.max(), 8, 0.16);
  ASSERT_TRUE(since.subtract(since));
  EXPECT_EQ(since.count(), 0U);
  EXPECT_TRUE(std::isnan(since.max()));
}

TEST(Timing, SumsWholeNanosecondsAndRemembersTheLast) {
  Registry registry;
  Timing timing = registry.timing("handle.duration", "D.", {.recent = 3});
  for (int i = 1; i <= 5; ++i) timing.record(std::chrono::milliseconds(i));
  EXPECT_EQ(timing.value().count(), 5U);
  EXPECT_DOUBLE_EQ(timing.value().sum(), 0.015);
  EXPECT_DOUBLE_EQ(timing.recent().mean(), 0.004) << "of 3, 4 and 5 ms";
  EXPECT_DOUBLE_EQ(timing.recent().quantile(0), 0.003);
}

TEST(Timing, TakesAClockThatStepsBackAsZero) {
  Registry registry;
  Timing timing = registry.timing("handle.duration", "D.");
  timing.record(std::chrono::seconds(-1));
  timing.record_seconds(-0.5);
  timing.record_seconds(std::nan(""));
  EXPECT_EQ(timing.value().count(), 2U);
  EXPECT_EQ(timing.value().max(), 0.0);
}

}  // namespace
}  // namespace kymo
