#include <kymo/query/engine.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/core.h>
#include <kymo/history/store.h>
#include <kymo/query/classic_view.h>
#include <kymo/query/script.h>

#include <kymo/query/script_store.h>

namespace {

namespace query = kymo::query;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A store with samples a minute apart.
class Loaded {
 public:
  explicit Loaded(const std::string& series) {
    for (const auto& command : query::read_script("load 1m\n" + series)) {
      store_.load(std::get<query::LoadCommand>(command));
    }
  }
  operator const query::ScriptStore&() const { return store_; }  // NOLINT(google-explicit-constructor)

 private:
  query::ScriptStore store_;
};

constexpr std::int64_t kMinute = 60'000;

query::QueryResult run(const kymo::series::SeriesReader& store, std::string_view text, std::int64_t time_ms,
                       const query::EngineOptions& options = {}) {
  return query::Engine(options).run(store, {text, time_ms, time_ms, 0});
}

/// The labels and values of a vector of numbers.
std::vector<std::pair<std::string, double>> numbers(const query::QueryResult& result) {
  std::vector<std::pair<std::string, double>> found;
  for (const auto& one : result.series) {
    for (const auto& point : one.numbers) found.emplace_back(one.labels.to_string(), point.value);
  }
  return found;
}

query::QueryFault fault_of(const kymo::series::SeriesReader& store, const query::QueryRequest& request,
                           const query::EngineOptions& options, std::string& text) {
  const query::Engine engine(options);
  try {
    static_cast<void>(engine.run(store, request));
  } catch (const query::QueryFailure& failure) {
    text = failure.what();
    EXPECT_EQ(engine.figures().failures.at(static_cast<std::size_t>(failure.fault())), 1U);
    return failure.fault();
  }
  ADD_FAILURE() << request.query << " has a result";
  return query::QueryFault::evaluation;
}

TEST(Engine, EndsAQueryAtEachLimitAndCountsIt) {
  const Loaded store("  x{n=\"1\"} 1x100\n  x{n=\"2\"} 1x100\n");
  std::string text;
  const auto expect = [&](query::QueryFault fault, const query::QueryLimits& limits,
                          const query::QueryRequest& request, const std::string& part) {
    query::EngineOptions options;
    options.limits = limits;
    EXPECT_EQ(fault_of(store, request, options, text), fault) << text;
    EXPECT_THAT(text, HasSubstr(part));
  };
  using enum query::QueryFault;
  expect(too_many_steps, {}, {"x", 0, 11'000'000, 1'000},
         "exceeded maximum resolution of 11000 points per timeseries; the query has 11001 steps");
  expect(too_many_steps, {.most_subquery_steps = 10}, {"sum_over_time(x[10m:30s])", 0, 0, 0}, "limit is 10");
  expect(too_many_series, {.most_series = 1}, {"x", 0, 0, 0}, "too many series; the limit is 1;");
  expect(too_many_samples, {.most_samples = 100}, {"x[50m1s]", 50 * kMinute, 50 * kMinute, 0}, "100 samples");
  expect(too_much_memory, {.most_bytes = 1'000}, {"x", 0, 100 * kMinute, kMinute}, "1000 bytes");
  expect(timeout, {.most_time = std::chrono::milliseconds(0)}, {"x", 0, 0, 0}, "query timed out");
  std::stop_source stopped;
  stopped.request_stop();
  expect(canceled, {}, {"x", 0, 0, 0, {}, {}, stopped.get_token()}, "query canceled; the client has gone");
}

TEST(Engine, LimitsOfTheTextAreThoseOfTheParser) {
  const Loaded store("  x 1\n");
  query::EngineOptions options;
  options.limits.most_levels = 4;
  EXPECT_THROW(static_cast<void>(run(store, "((((x))))", 0, options)), query::QueryError);
  options.limits.most_bytes_of_text = 4;
  EXPECT_THROW(static_cast<void>(run(store, "x + x", 0, options)), query::QueryError);
}

TEST(Engine, FailsWithCausePositionAndRemedy) {
  const Loaded store("  a{n=\"1\"} 1\n  a{n=\"2\"} 2\n");
  std::string text;
  fault_of(store, {"1 +\n  topk(NaN, a)", 0, 0, 0}, {}, text);
  EXPECT_EQ(text, "Parameter value is NaN at 2:8; give a number of series");
  fault_of(store, {"a * on() a", 0, 0, 0}, {}, text);
  EXPECT_THAT(text, HasSubstr("found duplicate series for the match group {}"));
  fault_of(store, {"a[1m]", 0, kMinute, kMinute}, {}, text);
  EXPECT_EQ(text,
            "invalid expression type range vector for range query at 1:1; must be scalar or instant vector");
}

TEST(Engine, ExperimentalPartsNeedAnOption) {
  const Loaded store("  x 1\n");
  EXPECT_THROW(static_cast<void>(run(store, "mad_over_time(x[1m])", 0)), query::QueryError);
  query::EngineOptions options;
  options.takes_experimental = true;
  EXPECT_THAT(numbers(run(store, "mad_over_time(x[1m])", 0, options)), ElementsAre(std::pair("{}", 0.0)));
}

TEST(Engine, RemovesNamesAtOnceUnlessToldOtherwise) {
  const Loaded store("  a{n=\"1\"} 1 2\n  b{n=\"1\"} 5 7\n");
  EXPECT_THAT(numbers(run(store, "sum by (__name__) (abs(a))", 0)), ElementsAre(std::pair("{}", 1.0)));
  std::string text;
  fault_of(store, {"sum(abs({n=\"1\"}))", 0, 0, 0}, {}, text);
  EXPECT_THAT(text, HasSubstr("vector cannot contain metrics with the same labelset"));
  query::EngineOptions options;
  options.delays_name_removal = true;
  EXPECT_THAT(numbers(run(store, "sum(abs({n=\"1\"}))", 0, options)), ElementsAre(std::pair("{}", 6.0)));
  EXPECT_THAT(numbers(run(store, "count(sum by (__name__) (abs({n=\"1\"})))", 0, options)),
              ElementsAre(std::pair("{}", 2.0)));
}

TEST(Engine, CountsFromTheBirthOfASeriesUnlessToldOtherwise) {
  const Loaded store("  x_total@st _ _ -30s\n  x_total _ _ 30\n");
  EXPECT_THAT(numbers(run(store, "increase(x_total[2m])", 2 * kMinute)), ElementsAre(std::pair("{}", 30.0)));
  query::EngineOptions options;
  options.uses_start_times = false;
  EXPECT_THAT(numbers(run(store, "increase(x_total[2m])", 2 * kMinute, options)), IsEmpty());
}

TEST(Engine, TypeLabelsTellOfCounters) {
  const Loaded store("  x{__type__=\"counter\"} 1 2 3\n  y{__type__=\"gauge\"} 1 2 3\n");
  query::EngineOptions options;
  options.has_type_labels = true;
  EXPECT_THAT(run(store, "rate(x[2m])", 2 * kMinute, options).infos, IsEmpty());
  const auto gauge = run(store, "rate(y[2m])", 2 * kMinute, options);
  EXPECT_THAT(gauge.infos,
              ElementsAre("PromQL info: metric might not be a counter, __type__ label is not set "
                          "to \"counter\" or \"histogram\", got \"gauge\": \"y\" (1:6)"));
  EXPECT_THAT(numbers(gauge), ElementsAre(testing::Pair("{}", testing::DoubleNear(1.0 / 60, 1e-12))));
}

TEST(Engine, TakesLookbackAndTimeOfTheRequest) {
  const Loaded store("  x 1\n");
  const query::Engine engine;
  const auto at = [&](std::chrono::milliseconds lookback) {
    return engine.run(store, {"x", 2 * kMinute, 2 * kMinute, 0, lookback}).series.size();
  };
  EXPECT_EQ(at(std::chrono::minutes(3)), 1U);
  EXPECT_EQ(at(std::chrono::minutes(2)), 0U);
  EXPECT_EQ(engine.figures().queries, 2U);
}

/// A store with a counter and two histograms, ten ticks a second apart.
class WithHistory : public testing::Test {
 protected:
  WithHistory() {
    auto requests = registry_.counter("requests", "R.");
    auto latency = registry_.histogram("latency", "L.");
    for (int tick = 1; tick <= 10; ++tick) {
      requests.add(3);
      for (const double value : {0.5, 1.0, 3.0, 8.0}) latency.record(value);
      EXPECT_TRUE(store_.append(std::chrono::system_clock::time_point(std::chrono::seconds(tick)),
                                *registry_.snapshot()));
    }
  }

  [[nodiscard]] double only(std::string_view text) const {
    const auto result = run(view_, text, 10'000);
    const auto found = numbers(result);
    EXPECT_EQ(found.size(), 1U) << text;
    return found.size() == 1 ? found.front().second : std::nan("");
  }

  kymo::Registry registry_;
  kymo::history::Store store_;
  query::ClassicView view_{store_};
};

TEST_F(WithHistory, HistogramsAnswerAsNativeOnes) {
  EXPECT_EQ(only("histogram_count(latency)"), 40);
  EXPECT_EQ(only("histogram_sum(latency)"), 125);
  EXPECT_EQ(only("histogram_fraction(0, 1, latency)"), 0.5);
  EXPECT_NEAR(only("histogram_quantile(0.4, latency)"), 1, 0.02);
  EXPECT_NEAR(only("histogram_quantile(1, latency)"), 8, 0.1);
  EXPECT_NEAR(only("histogram_count(rate(latency[5s]))"), 4, 1e-9);
  EXPECT_NEAR(only("rate(requests_total[5s])"), 3, 1e-9);
}

TEST_F(WithHistory, HistogramsAnswerAsClassicOnes) {
  EXPECT_EQ(only("latency_count"), 40);
  EXPECT_EQ(only("latency_sum"), 125);
  EXPECT_EQ(only("latency_bucket{le=\"+Inf\"}"), 40);
  const auto buckets = numbers(run(view_, "latency_bucket", 10'000));
  EXPECT_GT(buckets.size(), 2U);
  EXPECT_NEAR(only("histogram_quantile(1, rate(latency_bucket[5s]))"), 8, 8);
  EXPECT_NEAR(only("rate(latency_bucket{le=\"+Inf\"}[5s])"), 4, 1e-9);
  const std::vector<kymo::series::Matcher> by_pattern = query::parse_selector("{__name__=~\"latency.*\"}");
  EXPECT_EQ(view_.find(by_pattern, {}).size(), buckets.size() + 3);
}

TEST_F(WithHistory, ClassicBucketsCountAsTheTextFormatDoes) {
  for (const auto& [labels, count] : numbers(run(view_, "latency_bucket", 10'000))) {
    const std::size_t begin = labels.find("le=\"") + 4;
    const double bound = std::stod(labels.substr(begin, labels.find('"', begin) - begin));
    const double expected =
        (bound >= 0.5 ? 10 : 0) + (bound >= 1 ? 10 : 0) + (bound >= 3 ? 10 : 0) + (bound >= 8 ? 10 : 0);
    EXPECT_EQ(count, expected) << labels;
  }
}

/// One histogram with a sample a second in chunks of 40; counting begins anew at the 50th.
class WithReset final : public kymo::series::SeriesReader {
 public:
  WithReset() {
    auto made = std::make_shared<kymo::series::StoredSeries>();
    made->labels = kymo::series::LabelSet{{"__name__", "h"}};
    series_ = std::move(made);
    for (std::uint64_t i = 0; i < kSamples; ++i) {
      times_.push_back(static_cast<std::int64_t>(i) * 1000);
      const std::uint64_t counted = i < 50 ? i + 100 : i - 49;
      sums_.push_back(static_cast<double>(counted));
      counts_[0].push_back(counted);
      counts_[1].push_back(counted * 3);
    }
  }
  [[nodiscard]] std::vector<kymo::series::SeriesRef> find(std::span<const kymo::series::Matcher>,
                                                          kymo::series::TimeRange,
                                                          const kymo::series::ReadLimit&,
                                                          std::size_t) const override {
    return {series_};
  }
  [[nodiscard]] std::unique_ptr<kymo::series::SeriesScan> scan(kymo::series::ReadLimit) const override {
    return std::make_unique<Scan>(*this);
  }

 private:
  static constexpr std::size_t kSamples = 120;
  static constexpr std::size_t kOfChunk = 40;

  class Scan final : public kymo::series::SeriesScan {
   public:
    explicit Scan(const WithReset& store) : store_(store) {}
    void open(const kymo::series::SeriesRef&, kymo::series::TimeRange) override { next_ = 0; }
    [[nodiscard]] const kymo::series::SeriesChunk* next() override {
      if (next_ == kSamples) return nullptr;
      chunk_.times_ms = std::span(store_.times_).subspan(next_, kOfChunk);
      chunk_.values = std::span(store_.sums_).subspan(next_, kOfChunk);
      for (std::size_t i = 0; i < counts_.size(); ++i) {
        const auto part = std::span(store_.counts_.at(i)).subspan(next_, kOfChunk);
        counts_.at(i).assign(part.begin(), part.end());
      }
      histogram_.buckets = kBuckets;
      histogram_.counts = counts_;
      chunk_.histogram = &histogram_;
      next_ += kOfChunk;
      return &chunk_;
    }
    [[nodiscard]] std::uint64_t missing_chunks() const noexcept override { return 0; }

   private:
    static constexpr std::array<std::int32_t, 2> kBuckets = {4, 9};
    const WithReset& store_;
    std::size_t next_ = 0;
    std::array<std::vector<std::uint64_t>, 2> counts_;
    kymo::series::HistogramChunk histogram_;
    kymo::series::SeriesChunk chunk_;
  };

  kymo::series::SeriesRef series_;
  std::vector<std::int64_t> times_;
  std::vector<double> sums_;
  std::array<std::vector<std::uint64_t>, 2> counts_;
};

/// A subquery gives all samples to the function, so that it shows the effect of those that were left out.
TEST(Engine, RatesOfHistogramsNeedFewSamplesOnly) {
  const WithReset store;
  const query::Engine engine;
  for (const std::string function : {"rate", "increase"}) {
    for (const std::string range : {"15s", "30s", "70s"}) {
      const auto values = [&](const std::string& selector) {
        const std::string text = "histogram_quantile(0.7, " + function + "(" + selector + ")) + " +
                                 "histogram_fraction(0, 1e9, " + function + "(" + selector + "))";
        return numbers(engine.run(store, {text, 20'000, 119'000, 7'000}));
      };
      EXPECT_THAT(values("h[" + range + "]"), SizeIs(15));
      EXPECT_EQ(values("h[" + range + "]"), values("h[" + range + ":1s]"));
    }
  }
}

TEST(Engine, ExtremesOfOverlappingWindowsEqualThoseOfEachAlone) {
  const Loaded store("  x 3 1 4 NaN 1 5 9 2 6 NaN NaN NaN 5 3 5 8 9 7 _ _ 9 3 2 -Inf 3\n");
  for (const std::string function : {"max_over_time", "min_over_time"}) {
    for (const int minutes : {1, 2, 3, 5, 7}) {
      const std::string text = function + "(x[" + std::to_string(minutes) + "m])";
      const query::Engine engine;
      const auto all = engine.run(store, {text, 0, 27 * kMinute, 2 * kMinute});
      ASSERT_THAT(all.series, SizeIs(1));
      std::size_t seen = 0;
      for (int step = 0; step <= 13; ++step) {
        const auto alone = numbers(run(store, text, 2 * step * kMinute));
        if (alone.empty()) continue;
        ASSERT_LT(seen, all.series[0].numbers.size());
        const query::NumberPoint& point = all.series[0].numbers[seen++];
        EXPECT_EQ(point.time_ms, 2 * step * kMinute);
        EXPECT_TRUE(point.value == alone[0].second ||
                    (std::isnan(point.value) && std::isnan(alone[0].second)))
            << text << " at step " << step;
      }
      EXPECT_EQ(seen, all.series[0].numbers.size());
    }
  }
}

}  // namespace
