#include <kymo/core/registry.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <kymo/base/assert.h>

namespace kymo {
namespace {

using ::testing::HasSubstr;

template <class Register>
std::string error_of(Register registration) {
  try {
    registration();
  } catch (const RegistrationError& error) {
    return error.what();
  }
  return "no error";
}

double number(Registry& registry, std::string_view name, std::initializer_list<Label> labels = {}) {
  const auto snapshot = registry.snapshot();
  const auto point = snapshot->find(name, labels);
  return point ? to_double(point->number) : -1;
}

enum class Method : std::uint8_t { get, put };
std::string_view label_value(Method method) { return method == Method::get ? "GET" : "PUT"; }

TEST(Registration, GivesOneClearError) {
  Registry registry;
  auto counter = registry.counter("http.requests", "R.");
  EXPECT_THAT(error_of([&] { registry.counter("http.requests", "R."); }),
              HasSubstr("already registered; keep"));
  EXPECT_THAT(error_of([&] { registry.gauge("http.requests", "R."); }),
              HasSubstr("as a counter, not a gauge"));
  EXPECT_THAT(error_of([&] { registry.counter("http_requests_total", "R."); }), HasSubstr("http_requests"));
  EXPECT_THAT(error_of([&] { registry.counter("9", "R."); }), HasSubstr("start with a letter"));
  EXPECT_THAT(error_of([&] { registry.counter("x", "R.", {.unit = "Seconds"}); }), HasSubstr("unit"));
  EXPECT_THAT(error_of([&] { (registry.family<Counter, "le">("y", "R.")); }), HasSubstr("\"le\""));
  EXPECT_THAT(error_of([&] { (registry.family<Counter, "a", "a">("y", "R.")); }), HasSubstr("twice"));
  EXPECT_THAT(error_of([&] { (registry.family<Counter, "a.b", "a_b">("y", "R.")); }),
              HasSubstr("\"a_b\" twice, once written \"a.b\""));
  EXPECT_THAT(error_of([&] {
                static_cast<void>(registry.observe_gauge("y", "R.", [] { return 1.0; },
                                                         {.labels = {{"a.b", "1"}, {"a_b", "2"}}}));
              }),
              HasSubstr("twice"));
  EXPECT_THAT(error_of([&] { registry.histogram("h", "H.", {.bounds = {1, 1}}); }), HasSubstr("ascend"));
  EXPECT_THAT(error_of([&] { registry.histogram("h", "H.", {.text_bounds = {0.3}}); }),
              HasSubstr("powers of two"));
}

TEST(Registration, GivesNoopsWhereTheCallerWantsNoExceptions) {
  std::vector<std::string> messages;
  Registry registry({.on_error = OnError::return_noop,
                     .error_sink = [&](std::string_view message) { messages.emplace_back(message); }});
  Counter bad = registry.counter("not a name", "N.");
  bad.add(5);
  auto family = registry.family<Counter, "__x">("f", "F.");
  family.with("v").add(3);
  EXPECT_EQ(bad.value(), 0U);
  EXPECT_EQ(messages.size(), 2U);
  EXPECT_EQ(number(registry, "kymo_registration_errors_total"), 2);
  EXPECT_EQ(registry.snapshot()->find("f"), nullptr);
}

TEST(Family, FindsASeriesByItsLabelsWhateverTheirOrder) {
  Registry registry;
  const auto typed = registry.family<Counter, "method", "code">("typed", "T.");
  typed.with(Method::get, 200).add();
  typed.with("GET", "200").add();
  const auto dynamic = registry.family<Counter>("dynamic", "D.");
  dynamic.with({{"b", "2"}, {"a", "1"}}).add();
  dynamic.with({{"a", "1"}, {"b", "2"}}).add();
  dynamic.with({}).add();
  EXPECT_EQ(number(registry, "typed", {{"code", "200"}, {"method", "GET"}}), 2);
  EXPECT_EQ(number(registry, "dynamic", {{"a", "1"}, {"b", "2"}}), 2);
  EXPECT_EQ(number(registry, "dynamic"), 1);
  EXPECT_EQ(registry.series_count(), 3U);
}

TEST(Family, WithBadKeysRecordsIntoNothing) {
  Registry registry;
  const auto family = registry.family<Counter>("x", "X.");
  family.with({{"__name__", "evil"}}).add();
  family.with({{"a", "1"}, {"a", "2"}}).add();
  family.with({{"", "1"}}).add();
  family.with({{"a.b", "1"}, {"a_b", "2"}}).add();  // one label in the formats: a scrape would be refused
  EXPECT_EQ(registry.series_count(), 0U);
  EXPECT_EQ(number(registry, "kymo_registration_errors_total"), 4);
}

// Dots sort before underscores, and letters behind: the order is that of what is rendered. The quote keeps
// the comparison without rendering from hiding it.
TEST(Family, FindsASeriesByItsLabelsHoweverTheirKeysAreSpelt) {
  Registry registry;
  const auto family = registry.family<Counter>("x", "X.");
  for (const char* value : {"plain", "with \"quotes\""}) {
    family.with({{"a.z", value}, {"a_b", "1"}}).add();
    family.with({{"a_z", value}, {"a_b", "1"}}).add();
    family.with({{"a-b", "1"}, {"a-z", value}}).add();
    EXPECT_EQ(number(registry, "x", {{"a_b", "1"}, {"a_z", value}}), 3);
  }
  EXPECT_EQ(registry.series_count(), 2U);
  EXPECT_TRUE(registry.snapshot()->find("x")->point(0).labels.text().starts_with("a_b="));
}

TEST(Limit, SendsTheRestToTheOverflowSeriesAndKeepsTotalsExact) {
  for (const std::size_t limit : {0U, 1U, 7U}) {
    Registry registry;
    const auto family = registry.family<Counter, "id">("x", "X.", {.series = {.max_series = limit}});
    constexpr int kIds = 20;
    for (int round = 0; round < 2; ++round) {
      for (int id = 0; id < kIds; ++id) family.with(id).add();
    }
    const auto snapshot = registry.snapshot();
    const FamilySnapshot* x = snapshot->find("x");
    ASSERT_NE(x, nullptr);
    EXPECT_EQ(x->size(), limit + 1) << "the overflow series does not count against the limit";
    double total = 0;
    for (std::size_t i = 0; i < x->size(); ++i) total += to_double(x->point(i).number);
    EXPECT_EQ(total, 2 * kIds);
    EXPECT_EQ(to_double(x->find(Labels(std::vector<Label>{{"otel.metric.overflow", "true"}}))->number),
              2.0 * (kIds - static_cast<double>(limit)));
    if (limit > 0) {
      EXPECT_EQ(number(registry, "x", {{"id", "0"}}), 2) << "a known series goes on counting";
    }
  }
}

TEST(Limit, OfTheWholeRegistryHolds) {
  Registry registry({.max_series = 3});
  const auto a = registry.family<Counter, "id">("a", "A.");
  const auto b = registry.family<Counter, "id">("b", "B.");
  for (int id = 0; id < 2; ++id) a.with(id).add();
  for (int id = 0; id < 2; ++id) b.with(id).add();
  EXPECT_EQ(registry.series_count(), 3U);
  EXPECT_EQ(number(registry, "b", {{"otel.metric.overflow", "true"}}), 1);
}

TEST(Limit, AMillionLabelSetsCostWhatTheLimitAllows) {
  Registry registry;
  const auto family = registry.family<Counter, "id">("x", "X.");
  constexpr int kIds = 200'000;
  for (int id = 0; id < kIds; ++id) family.with(id).add();
  const auto snapshot = registry.snapshot();
  const FamilySnapshot* x = snapshot->find("x");
  EXPECT_EQ(x->size(), 2001U);
  double total = 0;
  for (std::size_t i = 0; i < x->size(); ++i) total += to_double(x->point(i).number);
  EXPECT_EQ(total, kIds);
}

TEST(Expiry, TakesIdleSeriesThatNobodyHolds) {
  Registry registry;
  const auto family =
      registry.family<Counter, "id">("x", "X.", {.series = {.expire_after = std::chrono::milliseconds(1)}});
  Counter held = family.with("held");
  family.with("idle").add(7);
  const auto first = registry.snapshot();
  EXPECT_EQ(first->find("x")->size(), 2U);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (registry.snapshot()->find("x")->size() != 1 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(registry.series_count(), 1U);
  EXPECT_EQ(number(registry, "kymo_series_expired_total"), 1);
  held.add(1);
  EXPECT_EQ(number(registry, "x", {{"id", "held"}}), 1);
  EXPECT_EQ(first->find("x")->size(), 2U) << "an earlier Snapshot keeps what it saw";
  EXPECT_EQ(first->find("x", {{"id", "idle"}})->labels.text(), "id=\"idle\"");
  EXPECT_EQ(family.with("idle").value(), 0U) << "it begins anew";
}

TEST(Expiry, ATimeThatNoSeriesCanRememberIsRefused) {
  Registry registry({.on_error = OnError::throw_exception});
  for (const auto expire_after :
       {std::chrono::milliseconds::max(), std::chrono::milliseconds(std::chrono::hours(50 * 24))}) {
    EXPECT_THROW((registry.family<Counter, "id">("f", "F.", {.series = {.expire_after = expire_after}})),
                 std::exception);
  }
  EXPECT_NO_THROW(
      (registry.family<Counter, "id">("f", "F.", {.series = {.expire_after = std::chrono::hours(49 * 24)}})));
}

TEST(Expiry, ReusesCellsWithoutOldCounts) {
  Registry registry;
  for (int round = 0; round < 3; ++round) {
    Registry inner;
    auto counter = inner.counter("c", "C.");
    auto histogram = inner.histogram("h", "H.");
    auto fixed = inner.histogram("f", "F.", {.bounds = {1, 2, 3}});
    EXPECT_EQ(counter.value(), 0U);
    EXPECT_EQ(histogram.value().count(), 0U);
    EXPECT_EQ(fixed.value().count(), 0U);
    std::thread([&] { counter.add(3), histogram.record(2), fixed.record(2); }).join();
    counter.add(4), histogram.record(1), fixed.record(9);
    EXPECT_EQ(counter.value(), 7U);
    EXPECT_EQ(histogram.value().sum(), 3);
    EXPECT_EQ(fixed.value().max(), 9);
  }
}

TEST(Observe, AsksTheCallbackAtEachSnapshot) {
  Registry registry;
  double value = 1;
  {
    const Registration one =
        registry.observe_gauge("depth", "D.", [&] { return value; }, {.labels = {{"q", "a"}}});
    const Registration two =
        registry.observe_gauge("depth", "D.", [&] { return 10 * value; }, {.labels = {{"q", "b"}}});
    value = 2;
    EXPECT_EQ(number(registry, "depth", {{"q", "a"}}), 2);
    EXPECT_EQ(number(registry, "depth", {{"q", "b"}}), 20);
    EXPECT_THAT(error_of([&] {
                  const auto again =
                      registry.observe_gauge("depth", "D.", [] { return 0.0; }, {.labels = {{"q", "a"}}});
                }),
                HasSubstr("already observed"));
    EXPECT_THAT(error_of([&] { registry.counter("depth", "D."); }), HasSubstr("depth"));
  }
  EXPECT_EQ(registry.snapshot()->find("depth"), nullptr) << "the registrations have ended";
  auto free_again = registry.counter("depth", "D.");
}

TEST(Observe, SurvivesCallbacksThatThrowReenterAndEndThemselves) {
  // All of this is slow under a sanitizer on a busy machine.
  Registry registry({.callback_deadline = std::chrono::minutes(1)});
  std::vector<Registration> registrations;
  for (int i = 0; i < 100; ++i) {
    registrations.push_back(registry.observe_gauge("g" + std::to_string(i), "G.", [i]() -> double {
      if (i % 10 == 0) throw std::runtime_error("broken");
      if (i % 10 == 5) throw 42;
      return i;
    }));
  }
  Registration reentrant = registry.observe_gauge("reentrant", "R.", [&] {
    registry.counter("made_in_callback_" + std::to_string(registry.snapshot()->families.size()), "M.");
    return 1.0;
  });
  Registration ends_itself = registry.observe_gauge("once", "O.", [&] {
    ends_itself.end();
    return 1.0;
  });
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(snapshot->find("g10"), nullptr);
  EXPECT_NE(snapshot->find("g11"), nullptr);
  EXPECT_NE(snapshot->find("reentrant"), nullptr);
  EXPECT_GE(number(registry, "kymo_producer_errors_total"), 20);
  EXPECT_EQ(registry.snapshot()->find("once"), nullptr);
}

TEST(Registration, EndsOnlyWhenNoCallIsRunning) {
  Registry registry;
  std::atomic<bool> stop{false};
  std::thread scraper([&] {
    while (!stop) static_cast<void>(registry.snapshot());
  });
  for (int i = 0; i < 500; ++i) {
    auto value = std::make_unique<double>(i);
    const Registration registration = registry.observe_gauge("x", "X.", [&] { return *value; });
  }  // the registration ends before what its callback refers to
  stop = true;
  scraper.join();
}

TEST(Producer, CannotShadowOrRepeat) {
  Registry registry;
  auto mine = registry.counter("mine", "M.");
  const Registration registration = registry.add_producer([](SnapshotWriter& writer) {
    writer.counter({.name = "mine", .help = "Shadow."}).add(99);
    writer.gauge({.name = "bad name", .help = "B."}).add(1);
    writer.gauge({.name = "twice", .help = "T."}).add({{"a", "1"}}, 1).add({{"a", "1"}}, 2);
  });
  EXPECT_EQ(number(registry, "mine"), 0);
  EXPECT_EQ(registry.snapshot()->find("twice")->size(), 1U);
  EXPECT_GE(number(registry, "kymo_producer_errors_total"), 3);
}

TEST(Producer, CannotWriteWhatNoFormatCanShow) {
  Registry registry;
  const Registration registration = registry.add_producer([](SnapshotWriter& writer) {
    writer.gauge({.name = "labels", .help = "L."})
        .add({{"a b", "1"}}, 1)
        .add({{"le", "1"}}, 1)
        .add({{"a.b", "1"}, {"a_b", "2"}}, 1)
        .add({{"a.b", "1"}}, 5);
    const Label label{"a", "1"};
    writer.gauge({.name = "mixed", .help = "M."}).add(1).add(Labels(&label, 1), HistogramValue());
    writer.histogram({.name = "mixed_too", .help = "M."}).add(1);
  });
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(snapshot->find("labels")->size(), 1U);
  EXPECT_EQ(number(registry, "labels", {{"a_b", "1"}}), 5);
  EXPECT_EQ(snapshot->find("mixed")->size(), 1U);
  EXPECT_EQ(snapshot->find("mixed_too"), nullptr);
  EXPECT_EQ(number(registry, "kymo_producer_errors_total"), 2 * 5);
}

TEST(Snapshot, IsOrderedAndRepeatable) {
  Registry registry;
  for (const char* name : {"b", "a", "c"}) {
    const auto family = registry.family<Counter, "id">(name, "X.");
    for (const char* id : {"3", "1", "2"}) family.with(id).add();
  }
  const auto first = registry.snapshot();
  const auto second = registry.snapshot();
  ASSERT_EQ(first->families.size(), second->families.size());
  for (std::size_t f = 0; f < first->families.size(); ++f) {
    if (f > 0) {
      EXPECT_LT(first->families[f - 1].descriptor().family_name, first->families[f].descriptor().family_name);
    }
    for (std::size_t i = 0; i < first->families[f].size(); ++i) {
      EXPECT_EQ(first->families[f].point(i).labels.text(), second->families[f].point(i).labels.text());
    }
  }
}

TEST(Registry, CountsItsOwnFaultsAndNamesEachOnce) {
  static constinit base::Assertion fault{
      .condition = "is_owned", .file = "/build/kymo/src/core/cell_store.cc", .line = 7};
  std::vector<std::string> messages;
  Registry registry({.error_sink = [&](std::string_view message) { messages.emplace_back(message); }});
  const double before = number(registry, "kymo_assertion_failures_total");
  base::count_failure(fault);
  base::count_failure(fault);
  EXPECT_EQ(number(registry, "kymo_assertion_failures_total"), before + 2);
  (void)registry.snapshot();
  EXPECT_THAT(messages,
              ::testing::ElementsAre(
                  "a fault of kymo at src/core/cell_store.cc:7: is_owned does not hold; metrics may "
                  "be wrong. Please report this line"));
}

}  // namespace
}  // namespace kymo
