#include <kymo/packs/events.h>

#include <gtest/gtest.h>

#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace kymo::KYMO_ABI::packs {
namespace {

class EventMetricsTest : public ::testing::Test {
 protected:
  /// -1 where there is no such series.
  double count(std::string_view name, std::string_view type = {}, std::string_view key = "event_type") {
    const auto point = find(name, type, key);
    return point ? to_double(point->number) : -1;
  }
  std::uint64_t timed(std::string_view type = {}) {
    const auto point = find("event.processing.duration", type, "event_type");
    return point ? point->histogram->count() : 0;
  }

  Registry registry_;
  EventMetrics events_{registry_, {.max_types = 3}};

 private:
  std::optional<Point> find(std::string_view name, std::string_view value, std::string_view key) {
    snapshot_ = registry_.snapshot();
    return value.empty() ? snapshot_->find(name, {}) : snapshot_->find(name, {{key, value}});
  }

  std::shared_ptr<const Snapshot> snapshot_;
};

TEST_F(EventMetricsTest, AnEventIsReceivedAtOnceAndProcessedAtTheEnd) {
  {
    const auto event = events_.handle("/live/track/renamed");
    EXPECT_EQ(count("events.received"), 1);
    EXPECT_EQ(count("events.processed"), 0);
  }
  for (const std::string_view type : {"", "/live/track/renamed"}) {
    const std::string suffix = type.empty() ? "" : ".by_type";
    EXPECT_EQ(count("events.received" + suffix, type), 1);
    EXPECT_EQ(count("events.processed" + suffix, type), 1);
    EXPECT_EQ(timed(type), 1U);
  }
  EXPECT_EQ(count("events.unhandled"), 0);
  EXPECT_EQ(count("errors.event_processing"), 0);
  EXPECT_EQ(count("errors.event_processing.by_type", "/live/track/renamed"), -1)
      << "no series for what never happened";
}

TEST_F(EventMetricsTest, AnIgnoredEventIsCountedByItsReasonOnly) {
  const auto no_ast = events_.ignore_reason("no_ast");
  events_.handle("a").ignore(no_ast);
  events_.handle("a").ignore(events_.ignore_reason("no_ast"));
  EXPECT_EQ(count("events.ignored.no_ast"), 2);
  EXPECT_EQ(count("events.received.by_type", "a"), 2);
  EXPECT_EQ(count("events.processed"), 0);
  EXPECT_EQ(timed(), 0U);
}

TEST_F(EventMetricsTest, AnUnhandledEventIsCountedByType) {
  events_.handle("a").unhandled();
  EXPECT_EQ(count("events.unhandled"), 1);
  EXPECT_EQ(count("events.unhandled.by_type", "a"), 1);
  EXPECT_EQ(count("events.processed"), 0);
  EXPECT_EQ(timed("a"), 0U);
}

TEST_F(EventMetricsTest, AnExceptionIsAnErrorWhateverWasSaidBefore) {
  const auto reason = events_.ignore_reason("busy");
  for (int round = 0; round < 3; ++round) {
    try {
      auto event = events_.handle("a");
      if (round == 1) event.ignore(reason);
      if (round == 2) event.unhandled();
      throw std::runtime_error("broken");
    } catch (const std::runtime_error&) {
      EXPECT_EQ(count("errors.event_processing"), round + 1);
    }
  }
  EXPECT_EQ(count("errors.event_processing.by_type", "a"), 3);
  EXPECT_EQ(count("errors.event_processing.by_error", "exception", "error_type"), 3);
  EXPECT_EQ(count("events.processed"), 0);
  EXPECT_EQ(count("events.ignored.busy"), 0);
  EXPECT_EQ(timed("a"), 3U) << "what fails takes time too";
}

TEST_F(EventMetricsTest, AFailureWithoutExceptionIsAnError) {
  events_.handle("a").fail("timeout");
  events_.fail(events_.type("a"), "bad_frame");
  EXPECT_EQ(count("errors.event_processing"), 2);
  EXPECT_EQ(count("errors.event_processing.by_error", "timeout", "error_type"), 1);
  EXPECT_EQ(count("errors.event_processing.by_error", "bad_frame", "error_type"), 1);
  EXPECT_EQ(count("events.received"), 1);
  EXPECT_EQ(timed(), 1U);
}

TEST_F(EventMetricsTest, AHandlerThatRunsWhileAnExceptionIsInFlightIsNotToBlame) {
  struct CleanUp {
    ~CleanUp() { (void)events.handle("cleanup"); }
    EventMetrics& events;
  };
  try {
    const CleanUp clean_up{events_};
    throw std::runtime_error("of somebody else");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(count("errors.event_processing"), 0);
  }
  EXPECT_EQ(count("events.processed.by_type", "cleanup"), 1);
}

TEST_F(EventMetricsTest, TheErrorRateIsOfTheEventsReceived) {
  EXPECT_EQ(count("events.error_rate"), 0);
  for (int i = 0; i < 3; ++i) (void)events_.handle("a");
  events_.handle("a").fail("timeout");
  EXPECT_EQ(count("events.error_rate"), 0.25);
}

TEST_F(EventMetricsTest, EventsThatWaitInAQueueAreReceivedBefore) {
  const auto type = events_.type("a");
  events_.receive(type);
  events_.receive(type);
  (void)events_.process(type);
  EXPECT_EQ(count("events.received"), 2);
  EXPECT_EQ(count("events.processed.by_type", "a"), 1);
}

TEST_F(EventMetricsTest, TypesBeyondTheLimitShareOne) {
  for (const std::string_view type : {"a", "b", "c", "d", "e", "a"}) (void)events_.handle(type);
  EXPECT_EQ(count("events.processed"), 6);
  EXPECT_EQ(count("events.processed.by_type", "a"), 2);
  EXPECT_EQ(count("events.processed.by_type", "d"), -1);
  EXPECT_EQ(count("events.processed.by_type", "other"), 2);
  events_.handle("f").unhandled();
  EXPECT_EQ(count("events.unhandled.by_type", "other"), 1);
}

// A type is a client's text as a rule, and is kept: many of a megabyte would be much.
TEST_F(EventMetricsTest, TypesThatAreTooLongShareOneToo) {
  for (const char last : {'a', 'b'}) (void)events_.handle(std::string(1'000'000, 'x') + last);
  (void)events_.handle(std::string(1024, 'x'));
  EXPECT_EQ(count("events.processed.by_type", "other"), 2);
  EXPECT_EQ(count("events.processed.by_type", std::string(1024, 'x')), 1);
}

TEST_F(EventMetricsTest, ManyThreadsMeetNewTypesAndLoseNothing) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) (void)events_.handle(std::to_string(i % 6));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count("events.processed"), 4000);
  double sum = 0;
  const auto snapshot = registry_.snapshot();
  const FamilySnapshot* family = snapshot->find("events.processed.by_type");
  ASSERT_NE(family, nullptr);
  EXPECT_EQ(family->size(), 4U);
  for (std::size_t i = 0; i < family->size(); ++i) sum += to_double(family->point(i).number);
  EXPECT_EQ(sum, 4000);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
