// Tests that a leak counts as steady growth, and that nothing else does.
#include <kymo/watch/growth.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

namespace kymo::KYMO_ABI::watch {
namespace {

constexpr double kMiB = 1024.0 * 1024;

struct Series {
  std::vector<double> times;
  std::vector<double> values;

  [[nodiscard]] std::optional<Growth> judged(double noise = 2 * kMiB) const {
    return judge_growth(times, values, noise);
  }
};

/// `count` readings, so many seconds apart, of a function of time.
Series series_of(int count, double apart, const std::function<double(double)>& value) {
  Series series;
  for (int i = 0; i < count; ++i) {
    series.times.push_back(apart * i);
    series.values.push_back(value(apart * i));
  }
  return series;
}

bool is_steady(const Series& series, double noise = 2 * kMiB) {
  const auto growth = series.judged(noise);
  return growth && growth->is_steady;
}

TEST(Growth, OfALineWithNoiseIsItsSlope) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    const double slope = std::uniform_real_distribution<double>(0.2, 50)(random) * kMiB;
    const double base = std::uniform_real_distribution<double>(1, 2000)(random) * kMiB;
    const int count = std::uniform_int_distribution<int>(30, 400)(random);
    const double apart = std::uniform_real_distribution<double>(0.1, 2)(random);
    std::normal_distribution<double> noise(0, 0.03 * slope * apart * count);
    const Series series =
        series_of(count, apart, [&](double at) { return base + slope * at + noise(random); });
    const auto growth = series.judged(0.5 * kMiB);
    ASSERT_TRUE(growth);
    EXPECT_TRUE(growth->is_steady) << "seed " << seed;
    EXPECT_NEAR(growth->line.slope, slope, 0.1 * slope) << "seed " << seed;
  }
}

TEST(Growth, OfNoiseIsNone) {
  for (unsigned seed = 0; seed < 4000; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> noise(0, 20 * kMiB);
    const Series series =
        series_of(20 + static_cast<int>(seed % 200), 0.5, [&](double) { return 500 * kMiB + noise(random); });
    EXPECT_FALSE(is_steady(series)) << "seed " << seed;
  }
}

TEST(Growth, OfASawToothIsNone) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    std::mt19937 random(seed);
    const double seconds = 60;
    // From once and a half in the time that is watched to many times a reading.
    const double period = std::uniform_real_distribution<double>(0.3, seconds / 1.5)(random);
    const double phase = std::uniform_real_distribution<double>(0.15, 0.85)(random) * period;
    const double height = std::uniform_real_distribution<double>(4, 400)(random) * kMiB;
    std::normal_distribution<double> noise(0, 0.01 * height);
    const Series series = series_of(240, seconds / 240, [&](double at) {
      return 100 * kMiB + height * std::fmod(at + phase, period) / period + noise(random);
    });
    EXPECT_FALSE(is_steady(series)) << "seed " << seed << ", period " << period << ", phase " << phase;
  }
}

TEST(Growth, BelowASawToothIsSeen) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    const double period = std::uniform_real_distribution<double>(0.5, 4)(random);
    const Series series = series_of(240, 0.25, [&](double at) {
      return 100 * kMiB + 2 * kMiB * at + 20 * kMiB * std::fmod(at, period) / period;
    });
    EXPECT_TRUE(is_steady(series)) << "seed " << seed << ", period " << period;
  }
}

TEST(Growth, ThatIsLessThanTheScatterIsSeenToo) {
  int number = 0;
  const Series series =
      series_of(240, 0.25, [&](double at) { return kMiB * (100 + at + (++number % 2 == 0 ? 60 : 0)); });
  EXPECT_TRUE(is_steady(series));
}

TEST(Growth, ThatEndsIsNone) {
  const auto cache_fills = [](double at) { return at < 10 ? 10 * kMiB * at : 100 * kMiB; };
  const auto one_step = [](double at) { return at < 30 ? 50 * kMiB : 90 * kMiB; };
  const auto levels_off = [](double at) { return 100 * kMiB * (1 - std::exp(-at / 12)); };
  const auto fills_for_long = [](double at) { return kMiB * 10 * std::min(at, 40.0); };
  const auto doubles_twice = [](double at) { return kMiB * (at < 20 ? 50 : at < 40 ? 100 : 200); };
  const auto shrinks = [](double at) { return 500 * kMiB - kMiB * at; };
  for (const auto& value : std::vector<std::function<double(double)>>{cache_fills, fills_for_long, one_step,
                                                                      doubles_twice, levels_off, shrinks})
    EXPECT_FALSE(is_steady(series_of(120, 0.5, value)));
}

/// Length and rate of a watch, after the warm-up.
struct Watched {
  double seconds = 30;
  double hertz = 2;
};
constexpr std::array<Watched, 5> kWatches = {{{30, 2}, {60, 2}, {6, 10}, {20, 2}, {300, 1}}};

/// Readings of `value`, from the end of the warm-up on. A busy machine takes them late, and leaves some out.
Series watched(std::mt19937& random, const Watched& watch, bool is_busy,
               const std::function<double(double)>& value) {
  std::uniform_real_distribution<double> late(0, 0.6);
  std::bernoulli_distribution is_very_late(0.2);
  Series series;
  double at = 0;
  while (at <= watch.seconds) {
    if (at >= warm_up_seconds(watch.seconds)) {
      series.times.push_back(at);
      series.values.push_back(value(at));
    }
    at += (1 + (is_busy ? late(random) + (is_very_late(random) ? 1.5 : 0) : 0)) / watch.hertz;
  }
  return series;
}

double uniform(std::mt19937& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

/// In how many of so many cases what `make` gives, with the length of a watch, is called steady.
int count_steady(int cases, const std::function<Series(std::mt19937&, const Watched&)>& make) {
  int steady = 0;
  for (int seed = 0; seed < cases; ++seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    const Watched& watch = kWatches.at(static_cast<std::size_t>(seed) % kWatches.size());
    if (is_steady(make(random, watch))) ++steady;
  }
  return steady;
}

constexpr int kCases = 500;

TEST(Growth, AfterLargeAllocationsIsSeen) {
  EXPECT_EQ(count_steady(kCases,
                         [](std::mt19937& random, const Watched& watch) {
                           const double rate = uniform(random, 15, 60) * kMiB / watch.seconds;
                           const double first = uniform(random, 0, watch.seconds);
                           const double second = uniform(random, 0, watch.seconds);
                           const double step = uniform(random, 3, 300) * kMiB;
                           return watched(random, watch, false, [=](double at) {
                             return 50 * kMiB + rate * at + (at > first ? step : 0) +
                                    (at > second ? step / 3 : 0);
                           });
                         }),
            kCases);
}

/// A megabyte a second, for half a minute, with one allocation of ten megabytes.
TEST(Growth, ByItsRateAndNotByTheStep) {
  std::mt19937 random(1);
  for (double step_at = 1; step_at < 30; step_at += 1) {
    const Series series = watched(random, {30, 2}, false, [&](double at) {
      return 20e6 + std::floor(at * 20) * 5e4 + (at > step_at ? 10e6 : 0);
    });
    const auto growth = series.judged();
    ASSERT_TRUE(growth);
    EXPECT_TRUE(growth->is_steady) << "a step at " << step_at;
    EXPECT_NEAR(growth->line.slope, 1e6, 0.1e6) << "a step at " << step_at;
    const Series slow = watched(random, {30, 2}, false, [&](double at) {
      return 20e6 + std::floor(at * 20) * 5e4 + 10e6 * std::clamp(at - step_at, 0.0, 1.0);
    });
    EXPECT_NEAR(slow.judged()->line.slope, 1e6, 0.15e6) << "a step of a second at " << step_at;
  }
}

TEST(Growth, ThatBeginsLateIsSeen) {
  EXPECT_EQ(count_steady(kCases,
                         [](std::mt19937& random, const Watched& watch) {
                           const double begin = uniform(random, 0.2, 0.55) * watch.seconds;
                           const double rate = uniform(random, 25, 80) * kMiB / (watch.seconds - begin);
                           return watched(random, watch, false, [&](double at) {
                             return 80 * kMiB + rate * std::max(0.0, at - begin) +
                                    uniform(random, 0, 0.1) * kMiB;
                           });
                         }),
            kCases);
}

TEST(Growth, ThatBeginsAtTheEndIsUnclear) {
  for (const double begin : {0.66, 0.69, 0.75, 0.8}) {
    for (const double apart : {1.0, 0.5, 0.1}) {
      const Series series = series_of(static_cast<int>(30 / apart), apart, [&](double at) {
        return 20 * kMiB + 2e6 * std::max(0.0, at - 30 * begin);
      });
      const auto growth = series.judged();
      ASSERT_TRUE(growth);
      EXPECT_TRUE(growth->is_steady || growth->is_unclear)
          << begin << " of the time, every " << apart << " s";
    }
  }
}

TEST(Growth, OfLessThanTheNoiseIsUnclear) {
  const auto growth = series_of(30, 1, [](double at) { return 20 * kMiB + 5e4 * at; }).judged();
  ASSERT_TRUE(growth);
  EXPECT_FALSE(growth->is_steady);
  EXPECT_TRUE(growth->is_unclear);
  EXPECT_FALSE(series_of(30, 1, [](double at) { return 20 * kMiB + 1e4 * at; }).judged()->is_unclear);
}

TEST(Growth, ThatIsNoneIsClear) {
  int unclear = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> noise(0, 5 * kMiB);
    const auto growth = series_of(60, 1, [&](double) { return 200 * kMiB + noise(random); }).judged();
    unclear += growth->is_unclear ? 1 : 0;
  }
  EXPECT_LE(unclear, 5);
  const auto is_unclear = [](const Series& series) { return series.judged()->is_unclear; };
  // One step at the end, a plateau, a saw-tooth of a garbage collector.
  EXPECT_FALSE(is_unclear(series_of(60, 1, [](double at) { return (at < 50 ? 20 : 60) * kMiB; })));
  EXPECT_FALSE(is_unclear(series_of(60, 1, [](double at) { return std::min(at, 30.0) * kMiB; })));
  EXPECT_FALSE(is_unclear(series_of(60, 1, [](double at) { return (50 + std::fmod(at, 20)) * kMiB; })));
}

/// The leaking program gets the CPU now and then, and then makes up for what it missed, or does not.
TEST(Growth, OnABusyMachineIsSeen) {
  const int seen = count_steady(kCases, [](std::mt19937& random, const Watched& watch) {
    const double rate = uniform(random, 20, 60) * kMiB / watch.seconds;
    const double pause = uniform(random, 0.002, 0.03) * watch.seconds;
    const bool makes_up = std::bernoulli_distribution(0.5)(random);
    std::exponential_distribution<double> gap(1 / pause);
    double ran_at = 0;
    double kept = 0;
    return watched(random, watch, true, [&](double at) {
      for (double next = ran_at + gap(random); next <= at; next = ran_at + gap(random)) {
        kept += makes_up ? rate * (next - ran_at) : rate * pause * uniform(random, 0.3, 1);
        ran_at = next;
      }
      return 30 * kMiB + kept;
    });
  });
  EXPECT_GE(seen, kCases * 98 / 100);
}

TEST(Growth, OfStepsAndPlateausIsNoneOnABusyMachineEither) {
  const auto of_steps = [](std::mt19937& random, const Watched& watch) {
    const double first = uniform(random, 0, watch.seconds);
    const double second = uniform(random, 0, watch.seconds);
    const double height = uniform(random, 3, 400) * kMiB;
    return watched(random, watch, true, [&](double at) {
      return 100 * kMiB + (at > first ? height : 0) + (at > second ? 2 * height : 0) +
             uniform(random, 0, 0.1) * kMiB;
    });
  };
  const auto of_a_plateau = [](std::mt19937& random, const Watched& watch) {
    const double full_at = uniform(random, 0.1, 0.75) * watch.seconds;
    const double height = uniform(random, 10, 400) * kMiB;
    return watched(random, watch, true, [&](double at) {
      return 100 * kMiB + height * std::min(1.0, at / full_at) + uniform(random, 0, 0.1) * kMiB;
    });
  };
  const auto of_a_cache = [](std::mt19937& random, const Watched& watch) {
    const double time = watch.seconds / uniform(random, 4, 10);
    const double height = uniform(random, 10, 400) * kMiB;
    return watched(random, watch, true, [&](double at) {
      return 100 * kMiB + height * (1 - std::exp(-at / time)) + uniform(random, 0, 0.05) * kMiB;
    });
  };
  EXPECT_EQ(count_steady(kCases, of_steps), 0);
  EXPECT_LE(count_steady(kCases, of_a_plateau), kCases / 100);
  EXPECT_LE(count_steady(kCases, of_a_cache), kCases / 100);
}

TEST(Growth, OfNoiseThatIsAlikeIsNone) {
  EXPECT_EQ(count_steady(2000,
                         [](std::mt19937& random, const Watched& watch) {
                           const double likeness = uniform(random, 0.3, 0.9);
                           std::normal_distribution<double> step(0, 5 * kMiB);
                           double deviation = 0;
                           return watched(random, watch, false, [&](double) {
                             deviation = likeness * deviation + step(random);
                             return 500 * kMiB + deviation;
                           });
                         }),
            0);
}

TEST(Growth, OfCountsByOnesIsSeen) {
  const Series files = series_of(60, 1, [](double at) { return 12 + std::floor(at / 5); });
  EXPECT_TRUE(is_steady(files, 4));
  const Series few = series_of(60, 1, [](double at) { return 12 + std::floor(at / 20); });
  EXPECT_FALSE(is_steady(few, 4)) << "not more than the noise";
}

TEST(Growth, ThatQuickensIsSeen) {
  EXPECT_TRUE(is_steady(series_of(120, 0.5, [](double at) { return kMiB * (50 + at + 0.02 * at * at); })));
}

TEST(Growth, NeedsReadings) {
  const auto line = [](double at) { return 10 * kMiB * at; };
  EXPECT_FALSE(series_of(static_cast<int>(kLeastPoints) - 1, 1, line).judged());
  EXPECT_TRUE(series_of(static_cast<int>(kLeastPoints), 1, line).judged());
  Series holes = series_of(40, 1, line);
  for (std::size_t i = 0; i < holes.values.size(); i += 2) holes.values[i] = std::nan("");
  const auto growth = holes.judged();
  ASSERT_TRUE(growth) << "what is not known is left out";
  EXPECT_EQ(growth->line.points, 20U);
}

TEST(Growth, OfAProcessThatWasStoppedMeanwhileIsJudged) {
  Series series = series_of(30, 0.5, [](double at) { return 10 * kMiB * at; });
  for (std::size_t i = 15; i < series.times.size(); ++i) series.times[i] += 60;
  EXPECT_FALSE(is_steady(series)) << "for most of the time it did not grow";
}

}  // namespace
}  // namespace kymo::KYMO_ABI::watch
