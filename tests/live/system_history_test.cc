#include <kymo/live/system_history.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/history/store.h>

#include "tests/system/manual_clock.h"

namespace kymo::KYMO_ABI::live {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

class SystemHistoryTest : public testing::Test {
 protected:
  void tick(double cpu_ratio) {
    clock_.advance(seconds(1));
    cpu_.set(cpu_ratio);
    memory_.set(1e6);
    append();
  }
  void append() { ASSERT_TRUE(store_.append(clock_.system_now(), *registry_.snapshot())); }
  [[nodiscard]] std::vector<SystemHistory::Point> last(seconds duration) const {
    return history_.last(duration).points;
  }
  net::HttpResponse ask(net::HttpRequest::Pairs query = {}, std::string if_none_match = {},
                        std::string accept = {}) {
    net::HttpRequest request;
    request.query = std::move(query);
    request.header = [&](std::string_view name) {
      return name == "if-none-match" ? std::string_view(if_none_match)
             : name == "accept"      ? std::string_view(accept)
                                     : std::string_view();
    };
    return system_history_route(history_).handle(request);
  }

  system::ManualClock clock_;
  Registry registry_;
  Gauge cpu_ = registry_.gauge("kymo_system_cpu_ratio", "Processors.");
  Gauge memory_ = registry_.gauge("process_resident_memory_bytes", "Memory.");
  history::Store store_;
  SystemHistory history_{&store_, clock_, seconds(10)};
};

TEST_F(SystemHistoryTest, APointIsTheMeanOfItsStretch) {
  for (int i = 1; i <= 9; ++i) tick(0.1);
  EXPECT_THAT(last(seconds(3600)), IsEmpty());
  tick(1.1);
  const auto points = last(seconds(3600));
  ASSERT_THAT(points, SizeIs(1));
  EXPECT_DOUBLE_EQ(points[0].figures[0], 20);
  EXPECT_TRUE(std::isnan(points[0].figures[1])) << "memory of the host was not measured";
  EXPECT_EQ(points[0].figures[6], 1e6);
  EXPECT_EQ(points[0].time, clock_.system_now());
}

TEST_F(SystemHistoryTest, AllTimeMayBeAskedFor) {
  for (int i = 0; i < 20; ++i) tick(0.1);
  EXPECT_THAT(last(seconds::max()), SizeIs(2));
  EXPECT_THAT(last(seconds(-1)), IsEmpty());
}

TEST_F(SystemHistoryTest, AnIntervalOfNothingOrOfAllTimeIsTaken) {
  const SystemHistory each(&store_, clock_, seconds(0));
  const SystemHistory never(&store_, clock_, std::chrono::milliseconds::max());
  for (int i = 0; i < 2; ++i) tick(0.5);
  EXPECT_THAT(each.last(seconds(60)).points, SizeIs(2));
  EXPECT_THAT(never.last(seconds(60)).points, IsEmpty());
}

TEST_F(SystemHistoryTest, WithoutAStoreThereIsNoPast) {
  tick(0.5);
  EXPECT_THAT(SystemHistory(nullptr, clock_, seconds(1)).last(seconds(60)).points, IsEmpty());
}

TEST_F(SystemHistoryTest, TakesPointsTogetherThatAreTooMany) {
  const SystemHistory fine(&store_, clock_, std::chrono::milliseconds(1));
  for (std::size_t i = 0; i <= SystemHistory::kMostPoints; ++i) tick(0.01 * static_cast<double>(i % 2));
  const SystemHistory::Points past = fine.last(seconds::max());
  EXPECT_LE(past.points.size(), SystemHistory::kMostPoints);
  EXPECT_GT(past.points.size(), SystemHistory::kMostPoints / 2);
  EXPECT_EQ(past.interval, std::chrono::milliseconds(1024)) << "the first power of two with two ticks in it";
}

TEST_F(SystemHistoryTest, ASeriesWithLabelsIsNotTheHost) {
  (void)registry_.family<Gauge, "core">("node_load1", "Load.").with("0").set(3);
  for (int i = 0; i < 10; ++i) tick(0.1);
  ASSERT_THAT(last(seconds(60)), SizeIs(1));
  EXPECT_TRUE(std::isnan(last(seconds(60))[0].figures[4]));
}

TEST_F(SystemHistoryTest, GivesThePointsAskedFor) {
  for (int i = 0; i < 50; ++i) tick(0.01 * (i / 10));
  const auto points = last(seconds(3600));
  ASSERT_THAT(points, SizeIs(5));
  EXPECT_DOUBLE_EQ(points[0].figures[0], 0);
  EXPECT_DOUBLE_EQ(points[4].figures[0], 4);
  EXPECT_THAT(last(seconds(11)), SizeIs(2));
  EXPECT_THAT(last(seconds(10)), SizeIs(1));
}

TEST_F(SystemHistoryTest, StretchesThatWereMissedHaveNoPoints) {
  for (int i = 0; i < 10; ++i) tick(0.1);
  clock_.advance(seconds(34));
  tick(0.3);
  EXPECT_THAT(last(seconds(3600)), SizeIs(1)) << "the period of the last tick is not over";
  for (int i = 0; i < 5; ++i) tick(0.5);
  EXPECT_THAT(last(seconds(3600)), SizeIs(2));
}

TEST_F(SystemHistoryTest, IsServedAsJsonAndAsCsv) {
  for (int i = 0; i < 10; ++i) tick(0.123456);
  EXPECT_EQ(ask().body.text(),
            R"({"interval_seconds":10,"points":[{"timestamp":"2023-11-14T22:13:30.000Z","cpu_percent":12.35,)"
            R"("memory_percent":null,"network_received_bytes_per_second":null,)"
            R"("network_sent_bytes_per_second":null,"load_1m":null,"process_cpu_percent":null,)"
            R"("process_resident_bytes":1000000}]})"
            "\n");
  const std::string csv =
      "timestamp,cpu_percent,memory_percent,network_received_bytes_per_second,network_sent_bytes_per_second,"
      "load_1m,process_cpu_percent,process_resident_bytes\r\n2023-11-14T22:13:30.000Z,12.35,,,,,,1000000\r\n";
  EXPECT_EQ(ask({{"format", "csv"}}).body.text(), csv);
  EXPECT_EQ(ask({{"format", "csv"}}).content_type, "text/csv; charset=utf-8");
  EXPECT_EQ(ask({}, {}, "text/csv").body.text(), csv);
  EXPECT_EQ(ask({{"format", "json"}}, {}, "text/csv").content_type, "application/json");
}

TEST_F(SystemHistoryTest, AWindowIsTakenTogetherFigureByFigure) {
  for (int i = 0; i < 30; ++i) tick(0.1 * (1 + i / 10));
  const std::string of_none = R"({"count":0,"min":null,"max":null,"avg":null,"p95":null,"sum":null})";
  EXPECT_EQ(
      ask({{"window", "1h"}}).body.text(),
      R"({"window_seconds":3600,"cpu_percent":{"count":3,"min":10,"max":30,"avg":20,"p95":30,"sum":60},)"
      R"("memory_percent":)" +
          of_none + R"(,"network_received_bytes_per_second":)" + of_none +
          R"(,"network_sent_bytes_per_second":)" + of_none + R"(,"load_1m":)" + of_none +
          R"(,"process_cpu_percent":)" + of_none +
          R"(,"process_resident_bytes":{"count":3,"min":1000000,"max":1000000,"avg":1000000,)"
          R"("p95":1000000,"sum":3000000}})"
          "\n");
  EXPECT_THAT(ask({{"window", "11s"}}, {}, "text/csv").body.text(),
              HasSubstr(R"("cpu_percent":{"count":2,"min":20,)"));
  clock_.advance(seconds(60));
  EXPECT_THAT(ask({{"window", "5s"}}).body.text(), HasSubstr(R"("cpu_percent":)" + of_none));
  EXPECT_EQ(ask({{"window", "soon"}}).status, 400);
  EXPECT_EQ(ask({{"window", "5m"}, {"duration", "5m"}}).status, 400);
  EXPECT_EQ(ask({{"window", "5m"}, {"format", "csv"}}).status, 400);
}

TEST_F(SystemHistoryTest, WhoHasItIsNotSentItAgain) {
  for (int i = 0; i < 10; ++i) tick(0.1);
  const auto first = ask();
  std::string tag;
  for (const auto& [name, value] : first.headers) {
    if (name == "ETag") tag = value;
  }
  EXPECT_THAT(tag, StartsWith("\""));
  EXPECT_EQ(ask({}, tag).status, 304);
  EXPECT_TRUE(ask({}, tag).body.empty());
  for (int i = 0; i < 10; ++i) tick(0.1);
  EXPECT_EQ(ask({}, tag).status, 200);
}

TEST_F(SystemHistoryTest, SaysWhatIsWrongWithAQuestion) {
  const auto refused = ask({{"duration", "5 minutes"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body.text(), HasSubstr("write it as 90s, 5m or 1h30m"));
  EXPECT_EQ(ask({{"format", "xml"}}).status, 400);
  EXPECT_EQ(ask({{"duration", "5m"}}).status, 200);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
