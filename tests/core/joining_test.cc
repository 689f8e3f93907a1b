#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/core/collector.h>
#include <kymo/core/names.h>
#include <kymo/core/registry.h>

// Tests names with several users: which names collide, and which metrics join, in either order.
namespace kymo {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JoiningTest : public testing::Test {
 protected:
  double number(std::string_view name, std::initializer_list<Label> labels = {}) {
    const auto point = registry_.snapshot()->find(name, labels);
    return point ? to_double(point->number) : -1;
  }

  std::vector<std::string> messages_;
  Registry registry_{{.error_sink = [this](std::string_view message) { messages_.emplace_back(message); }}};
  Collector metrics_{registry_};
};

/// One way to give a name to a metric, by code or by name.
struct Use {
  std::string_view what;
  std::function<void(Registry&, Collector&, const std::string& name)> use;
};

const std::vector<Use>& uses() {
  static const std::vector<Use> all = {
      {"Counter", [](Registry& r, Collector&, const std::string& n) { r.counter(n, "C.").add(); }},
      {"DoubleCounter",
       [](Registry& r, Collector&, const std::string& n) { r.double_counter(n, "D.").add(1); }},
      {"UpDownCounter",
       [](Registry& r, Collector&, const std::string& n) { r.up_down_counter(n, "U.").add(); }},
      {"Gauge", [](Registry& r, Collector&, const std::string& n) { r.gauge(n, "G.").set(1); }},
      {"Histogram", [](Registry& r, Collector&, const std::string& n) { r.histogram(n, "H.").record(1); }},
      {"Window", [](Registry& r, Collector&, const std::string& n) { r.window(n, "W.").record(1); }},
      {"increment", [](Registry&, Collector& m, const std::string& n) { m.increment(n); }},
      {"decrement", [](Registry&, Collector& m, const std::string& n) { m.decrement(n); }},
      {"gauge", [](Registry&, Collector& m, const std::string& n) { m.gauge(n, 1); }},
  };
  return all;
}

/// Whether both metrics can be had at once, in this order. Whatever came of it, no name is there twice.
bool fit(const Use& first, const std::string& first_name, const Use& second, const std::string& second_name) {
  bool refused = false;
  Registry registry(
      {.on_error = OnError::return_noop, .error_sink = [&](std::string_view) { refused = true; }});
  Collector metrics(registry);
  first.use(registry, metrics, first_name);
  second.use(registry, metrics, second_name);
  std::set<std::string, std::less<>> shown;
  const auto snapshot = registry.snapshot();
  for (const FamilySnapshot& family : snapshot->families) {
    for (const std::string& name : sample_names(family.descriptor()))
      EXPECT_TRUE(shown.insert(name).second) << name;
  }
  return !refused;
}

const Use& use(std::string_view what) {
  return *std::find_if(uses().begin(), uses().end(), [&](const Use& one) { return one.what == what; });
}

constexpr std::array kEndings = {"total", "count", "sum", "bucket", "created", "info", "min", "max", "gsum"};

TEST(Endings, AreRefusedOfNothingThatStandsAlone) {
  for (const Use& one : uses()) {
    for (const std::string ending : kEndings) {
      for (const char* separator : {"_", ".", "-", "/"}) {
        bool refused = false;
        Registry registry(
            {.on_error = OnError::return_noop, .error_sink = [&](std::string_view) { refused = true; }});
        Collector metrics(registry);
        one.use(registry, metrics, "x" + std::string(separator) + ending);
        EXPECT_FALSE(refused) << one.what << " x" << separator << ending;
      }
    }
  }
}

TEST(Endings, CollideOnlyWithAMetricThatHasThatSampleInEitherOrder) {
  const std::vector<std::pair<std::string_view, std::string_view>> taken = {
      {"Counter", "total created"},
      {"DoubleCounter", "total created"},
      {"UpDownCounter", ""},
      {"Gauge", ""},
      {"Histogram", "count sum bucket created"},
      {"Window", "count sum created"},
      {"increment", "total created"},
      {"decrement", ""},
      {"gauge", ""}};
  for (const auto& [what, endings] : taken) {
    for (const std::string ending : kEndings) {
      const bool collides = endings.find(ending) != std::string_view::npos;
      for (const char* other : {"Gauge", "gauge"}) {
        EXPECT_EQ(fit(use(what), "x", use(other), "x." + ending), !collides) << what << ' ' << ending;
        EXPECT_EQ(fit(use(other), "x." + ending, use(what), "x"), !collides) << what << ' ' << ending;
      }
    }
  }
  EXPECT_FALSE(fit(use("Histogram"), "x", use("increment"), "x.count"));
  EXPECT_FALSE(fit(use("increment"), "x.count", use("Histogram"), "x"));
  EXPECT_FALSE(fit(use("Counter"), "x", use("gauge"), "x_total"));
}

TEST_F(JoiningTest, EndingsThatOnceWereReservedAreRecorded) {
  metrics_.increment("events.count");
  metrics_.increment("retry_count", 2);
  metrics_.gauge("memory.total", 5);
  metrics_.timing("load.sum", 1s);
  EXPECT_EQ(number("events_count_total"), 1);
  EXPECT_EQ(number("retry_count"), 2);
  EXPECT_EQ(number("memory_total"), 5);
  EXPECT_EQ(registry_.snapshot()->find("load.sum")->descriptor().family_name, "load_sum_seconds");
  EXPECT_THAT(messages_, IsEmpty());
}

TEST_F(JoiningTest, ANameThatCollidedIsTakenWhenItIsFree) {
  metrics_.increment("jobs");
  metrics_.gauge("jobs_total", 7);
  EXPECT_EQ(messages_.size(), 1U);
  metrics_.decrement("jobs");  // an up-down counter has no jobs_total
  metrics_.gauge("jobs_total", 7);
  EXPECT_EQ(number("jobs_total"), 7);
  EXPECT_EQ(number("jobs"), 0);
  EXPECT_EQ(messages_.size(), 1U);
}

// --- One metric, by name and by code ---

TEST_F(JoiningTest, ACounterIsOneWhoeverComesFirst) {
  metrics_.increment("first.by_name", 2);
  Counter joined = registry_.counter("first.by_name", "By code.", {.unit = "bytes"});
  Counter registered = registry_.counter("first.by_code", "By code.");
  joined.add(5);
  registered.add(5);
  metrics_.increment("first.by_name", 1);
  metrics_.increment("first.by_code", 3);
  metrics_.increment("first.by_code", 1, {{"type", "a"}});
  EXPECT_EQ(joined.value(), 8U);
  EXPECT_EQ(number("first_by_name_bytes_total"), 8);
  EXPECT_EQ(registry_.snapshot()->find("first.by_name")->descriptor().help, "By code.");
  EXPECT_EQ(metrics_.get_counter("first.by_code"), 8);
  EXPECT_EQ(metrics_.get_counter("first.by_code", {{"type", "a"}}), 1);
  EXPECT_THAT(messages_, IsEmpty());
  EXPECT_THROW(registry_.counter("first.by_name", "Again."), RegistrationError);
}

TEST_F(JoiningTest, EveryOtherKindIsOneWhoeverComesFirst) {
  metrics_.increment("level", 3);
  UpDownCounter level = registry_.up_down_counter("level", "L.");
  level.sub(1);
  metrics_.increment("level", -1);
  EXPECT_EQ(metrics_.get_counter("level"), 1);
  EXPECT_EQ(registry_.snapshot()->find("level")->descriptor().kind, Kind::up_down_counter);

  metrics_.gauge("gauge", 3);
  Gauge gauge = registry_.gauge("gauge", "G.");
  EXPECT_EQ(gauge.value(), 3);
  gauge.set(1);
  EXPECT_EQ(metrics_.get_gauge("gauge")->max, 3);
  EXPECT_EQ(metrics_.get_gauge("gauge")->current, 1);

  metrics_.timing("timing", 100ms);
  Timing timing = registry_.timing("timing", "T.");
  timing.record(300ms);
  EXPECT_EQ(metrics_.get_timing("timing")->count, 2U);
  EXPECT_EQ(metrics_.get_timing("timing")->total, 0.4);

  DoubleCounter fractions = registry_.double_counter("fractions", "F.");
  fractions.add(0.5);
  metrics_.increment("fractions", 2);
  EXPECT_EQ(number("fractions"), 2.5);
  EXPECT_EQ(metrics_.get_counter("fractions"), 2);

  Histogram latency = registry_.histogram("latency", "L.", {.unit = "seconds", .bounds = {0.1, 1}});
  latency.record(0.5);
  metrics_.timing("latency", 250ms);
  {
    const auto timer = metrics_.timer("latency");
  }
  EXPECT_EQ(metrics_.get_timing("latency")->count, 3U);
  EXPECT_EQ(metrics_.get_timing("latency")->max, 0.5);
  EXPECT_THAT(messages_, IsEmpty());
}

// Their values lie in cells of another form than those that are recorded by name.
TEST_F(JoiningTest, WhatWasRecordedByNameIsKeptWhereTheInstrumentHasAnotherForm) {
  metrics_.increment("fractions", 2);
  metrics_.increment("fractions", 1, {{"type", "a"}});
  metrics_.timing("latency", 250ms);
  metrics_.timing("latency", 30ms);
  metrics_.timing("recent", 1s);
  metrics_.increment("traced", 4);
  DoubleCounter fractions = registry_.double_counter("fractions", "F.");
  Histogram latency = registry_.histogram("latency", "L.", {.unit = "seconds", .bounds = {0.1, 1}});
  Timing recent = registry_.timing("recent", "R.", {.recent = 3});
  Counter traced = registry_.counter("traced", "T.", {.exemplars = Exemplars::on});
  fractions.add(0.5);
  latency.record(0.5);
  recent.record(2s);
  traced.add_with_exemplar(1, {{"trace_id", "t"}});
  metrics_.increment("fractions", 3);
  metrics_.timing("latency", 2s);
  {
    const auto timer = metrics_.timer("latency");
  }
  metrics_.increment("traced");

  const auto snapshot = registry_.snapshot();
  EXPECT_EQ(snapshot->find("fractions", {})->number, Number(5.5));
  EXPECT_EQ(snapshot->find("fractions", {{"type", "a"}})->number, Number(1.0));
  const HistogramValue& seconds = *snapshot->find("latency", {})->histogram;
  EXPECT_EQ(seconds.count(), 5U);
  EXPECT_EQ(seconds.max(), 2);
  EXPECT_EQ(seconds.count_at_or_below(0.1), 2U) << "30 ms and the scope";
  EXPECT_EQ(seconds.count_at_or_below(1), 4U);
  EXPECT_EQ(snapshot->find("recent", {})->histogram->sum(), 3);
  EXPECT_THAT(snapshot->find("recent", {})->window->sorted, ElementsAre(1, 2));
  EXPECT_EQ(snapshot->find("traced", {})->number, Number(std::uint64_t{6}));
  ASSERT_NE(snapshot->find("traced", {})->exemplars, nullptr);
  EXPECT_EQ(metrics_.get_counter("fractions"), 5);
  EXPECT_EQ(metrics_.get_timing("latency")->count, 5U);

  metrics_.reset_counters();
  EXPECT_EQ(metrics_.get_counter("fractions"), 0);
  metrics_.reset();
  for (const char* name : {"fractions", "latency", "recent", "traced"}) {
    EXPECT_EQ(registry_.snapshot()->find(name), nullptr) << name;
  }
  fractions.add(1);
  EXPECT_EQ(metrics_.get_counter("fractions"), 1);
  EXPECT_THAT(messages_, IsEmpty());
}

TEST_F(JoiningTest, ARegisteredCounterStaysOne) {
  Counter counter = registry_.counter("strict", "S.");
  counter.add(5);
  for (int i = 0; i < 3; ++i) {
    metrics_.decrement("strict");
    metrics_.increment("strict", -1);
  }
  EXPECT_EQ(metrics_.get_counter("strict"), 5);
  EXPECT_EQ(registry_.snapshot()->find("strict")->descriptor().kind, Kind::counter);
  EXPECT_THAT(messages_, ElementsAre(HasSubstr("\"strict\" is registered as a counter, which only grows")));
  EXPECT_EQ(number("kymo_registration_errors_total"), 1);
  EXPECT_EQ(number("kymo_recordings_unregistered_total"), 6);
}

TEST_F(JoiningTest, OtherKindsAndUnitsAreRefusedInEitherOrder) {
  const std::vector<std::pair<std::string_view, std::string_view>> pairs = {{"Counter", "gauge"},
                                                                            {"Gauge", "increment"},
                                                                            {"Histogram", "increment"},
                                                                            {"Window", "gauge"},
                                                                            {"UpDownCounter", "gauge"}};
  for (const auto& [code, by_name] : pairs) {
    EXPECT_FALSE(fit(use(code), "x", use(by_name), "x")) << code;
    EXPECT_FALSE(fit(use(by_name), "x", use(code), "x")) << code;
  }
  metrics_.describe("sized", "S.", "bytes");
  metrics_.gauge("sized", 1);
  EXPECT_THROW(registry_.gauge("sized", "S.", {.unit = "ratio"}), RegistrationError);
  EXPECT_NO_THROW(registry_.gauge("sized", "S.", {.unit = "bytes"}));
  metrics_.describe("coded", "C.", "bytes");
  const Gauge coded = registry_.gauge("coded", "C.", {.unit = "ratio"});
  metrics_.gauge("coded", 1);
  EXPECT_THAT(messages_.back(), HasSubstr("has the unit \"ratio\", not \"bytes\""));
  EXPECT_THROW(registry_.counter("coded", "C.", {.unit = "seconds"}), RegistrationError)
      << "one name, one kind";
}

TEST_F(JoiningTest, WhatIsSetStandsBeforeWhatACallbackGives) {
  for (const std::string name : {"callback.first", "set.first"}) {
    const auto observe = [&] {
      return registry_.observe_gauge(name, "R.", [] { return 0.25; }, {.unit = "ratio"});
    };
    Registration observed;
    if (name == "callback.first") observed = observe();
    EXPECT_EQ(metrics_.get_gauge(name).has_value(), name == "callback.first");
    metrics_.gauge(name, 0.5);
    if (name == "set.first") observed = observe();
    metrics_.gauge(name, 0.75, {{"tier", "2"}});
    EXPECT_EQ(registry_.snapshot()->find(name)->size(), 2U);
    EXPECT_EQ(registry_.snapshot()->find(name)->descriptor().unit, "ratio");
    EXPECT_EQ(metrics_.get_gauge(name)->current, 0.5);
    metrics_.reset();
    EXPECT_EQ(metrics_.get_gauge(name)->current, 0.25) << "nothing is set any more";
    observed.end();
    EXPECT_EQ(metrics_.get_gauge(name), std::nullopt);
    metrics_.gauge(name, 2);
    EXPECT_EQ(number(name), 2);
  }
  EXPECT_THAT(messages_, IsEmpty());
}

TEST_F(JoiningTest, WhatIsCountedAndWhatACallbackCountsAddUp) {
  const Registration observed = registry_.observe_counter("seen", "S.", [] { return 40.0; });
  metrics_.increment("seen", 2);
  EXPECT_EQ(number("seen"), 42);
  EXPECT_EQ(metrics_.get_counter("seen"), 42);
  metrics_.decrement("seen");
  EXPECT_EQ(metrics_.get_counter("seen"), 42);
  EXPECT_EQ(messages_.size(), 1U);
}

TEST_F(JoiningTest, ReadsWhatProducersWrite) {
  const Registration written = registry_.add_producer([](SnapshotWriter& writer) {
    writer.counter({.name = "made.count", .help = "M."}).add({{"a", "1"}}, 3);
    writer.gauge({.name = "made.gauge", .help = "M.", .unit = "ratio"}).add(0.5);
    writer.gauge({.name = "made.gauge", .help = "M.", .unit = "bytes"}).add({{"b", "1"}}, 1);
  });
  EXPECT_EQ(metrics_.get_counter("made.count", {{"a", "1"}}), 3);
  EXPECT_EQ(metrics_.get_counter("made.count"), std::nullopt);
  EXPECT_EQ(metrics_.get_gauge("made.gauge")->current, 0.5);
  EXPECT_EQ(registry_.snapshot()->find("made.gauge")->size(), 1U) << "one name has one unit";
}

TEST_F(JoiningTest, ReadsNothingOfAGaugeThatNobodyHasSet) {
  for (const GaugeTracking statistics : {GaugeTracking::on, GaugeTracking::off}) {
    const std::string name = statistics == GaugeTracking::on ? "tracked" : "plain";
    Gauge gauge = registry_.gauge(name, "G.", {.statistics = statistics});
    EXPECT_FALSE(metrics_.get_gauge(name));
    metrics_.gauge(name, std::nan(""));
    EXPECT_FALSE(metrics_.get_gauge(name)) << "NaN is refused";
    gauge.set(3);
    EXPECT_EQ(metrics_.get_gauge(name)->current, 3);
  }
}

TEST_F(JoiningTest, TwoCollectorsCountTogether) {
  Collector other(registry_);
  metrics_.increment("shared", 2);
  other.increment("shared", 3);
  EXPECT_EQ(metrics_.get_counter("shared"), 5);
  other.decrement("shared", 6);
  EXPECT_EQ(metrics_.get_counter("shared"), -1);
  EXPECT_THAT(messages_, IsEmpty());
}

// --- What is said ---

TEST_F(JoiningTest, WhatIsRefusedIsSaidAndCountedOnce) {
  for (int i = 0; i < 3; ++i) {
    metrics_.increment("0bad");
    metrics_.increment("x");
    metrics_.gauge("x", 1);
    metrics_.timing("x", 1s);
  }
  EXPECT_THAT(messages_,
              ElementsAre(HasSubstr("\"0bad\" is not valid"), HasSubstr("as a counter, not a gauge"),
                          HasSubstr("as a counter, not a histogram")));
  EXPECT_EQ(number("kymo_registration_errors_total"), 3);
  EXPECT_EQ(number("kymo_recordings_unregistered_total"), 9);
}

TEST(Refusals, AreSaidOnStandardErrorWhereThereIsNoSink) {
  Registry registry({.on_error = OnError::return_noop});
  Collector metrics(registry);
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    metrics.increment("0bad");
    metrics.increment("x", {{"bad key", "1"}});
    registry.counter("not a name", "N.");
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("kymo: metric name \"0bad\" is not valid"));
  EXPECT_THAT(said, HasSubstr("kymo: metric \"x\": label key \"bad key\" is not valid"));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 3) << said;
}

TEST(Refusals, AnExceptionIsSaidByNobodyElse) {
  Registry registry({.on_error = OnError::throw_exception});
  testing::internal::CaptureStderr();
  EXPECT_THROW(registry.counter("not a name", "N."), RegistrationError);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace kymo
