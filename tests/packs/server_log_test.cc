#include <kymo/packs/server_log.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/log/format.h>
#include <kymo/log/record.h>
#include <kymo/packs/server.h>

namespace kymo::KYMO_ABI::packs {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What kymo's own log makes of the record: the adapter that the header shows.
std::string line(const Snapshot& snapshot, log::Format format,
                 std::optional<std::string_view> connection_id = std::nullopt) {
  std::string text;
  int records = 0;
  log_current_metrics(
      snapshot,
      [&](std::string_view message, std::span<const LogField> figures) {
        ++records;
        std::vector<log::Field> fields;
        for (const LogField& figure : figures) {
          std::visit([&](const auto& value) { fields.push_back({figure.key, value}); }, figure.value);
        }
        text = log::format_line({.time = {}, .message = message, .fields = fields}, format);
      },
      connection_id);
  EXPECT_EQ(records, 1);
  return text;
}

class ServerLogTest : public ::testing::Test {
 protected:
  std::shared_ptr<const Snapshot> snapshot() { return registry_.snapshot(); }

  Registry registry_;
  ServerMetrics server_{registry_};
};

TEST_F(ServerLogTest, OneRecordHasTheServersFigures) {
  const auto connection = server_.connect();
  server_.requests.add(2);
  server_.errors.add();
  server_.processing_time.record(0.25);
  server_.processing_time.record(0.75);
  EXPECT_THAT(line(*snapshot(), log::Format::text),
              HasSubstr(" server metrics active_connections=1 active_processes=0 total_requests=3 "
                        "error_count=1 avg_processing_time=0.5 uptime_seconds="));
}

TEST_F(ServerLogTest, AMeanHasNoDigitsThatDivisionLeft) {
  for (const auto nanoseconds : {59079, 59080, 59082}) {
    server_.processing_time.record(nanoseconds * 1e-9);
  }
  EXPECT_THAT(line(*snapshot(), log::Format::text), HasSubstr(" avg_processing_time=5.9080333e-05 "));
}

TEST_F(ServerLogTest, WithAConnectionItIsPrefixed) {
  EXPECT_THAT(line(*snapshot(), log::Format::text, "7f3a"), HasSubstr("[7f3a] server metrics"));
  EXPECT_THAT(
      line(*snapshot(), log::Format::json, "7f3a"),
      HasSubstr(R"("message":"[7f3a] server metrics","connection_id":"7f3a","active_connections":0)"));
  EXPECT_THAT(line(*snapshot(), log::Format::json), Not(HasSubstr("connection_id")));
  EXPECT_THAT(line(*snapshot(), log::Format::json), HasSubstr(R"("message":"server metrics")"));
}

TEST_F(ServerLogTest, TheHostsFiguresAreThereWhenItTells) {
  const Registration host = registry_.add_producer([](SnapshotWriter& writer) {
    writer.gauge({"process_resident_memory_bytes", "M.", "bytes"}).add(3 * 1024 * 1024);
    writer.gauge({"kymo_system_cpu_ratio", "C.", "ratio"}).add(0.12345);
    writer.gauge({"kymo_system_cpu_cores", "N."}).add(12);
    writer.gauge({"kymo_system_effective_cores", "E."}).add(1.4814);
    auto cores = writer.gauge({"kymo_system_cpu_core_ratio", "P.", "ratio"});
    cores.add({{"cpu", "10"}}, 0.5).add({{"cpu", "2"}}, 0.0625);
  });
  EXPECT_THAT(line(*snapshot(), log::Format::text),
              HasSubstr(" memory_usage_mb=3 cpu_total_percent=12.35 cpu_per_core=6.25,50 "
                        "total_cpu_cores=12 effective_cores_used=1.48 "));
}

TEST_F(ServerLogTest, AConnectionsIdCannotForgeALine) {
  EXPECT_THAT(line(*snapshot(), log::Format::text, "a\nERROR all is lost"), Not(HasSubstr("\nERROR")));
}

TEST(ServerLog, AServerWithoutThePackIsAllZero) {
  Registry registry;
  EXPECT_THAT(line(*registry.snapshot(), log::Format::text),
              HasSubstr("active_connections=0 active_processes=0 total_requests=0 error_count=0 "
                        "avg_processing_time=0 "));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
