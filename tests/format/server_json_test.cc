#include <kymo/format/server_json.h>
#include <kymo/format/system_json.h>
#include <kymo/packs/server.h>

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/format/family_maker.h"

namespace kymo::KYMO_ABI::format {
namespace {

boost::json::object server_json(const Snapshot& snapshot) {
  std::string out;
  write_server_json(snapshot, out);
  return boost::json::parse(out).as_object();
}

TEST(ServerJson, WithoutMetricsHasItsElevenFields) {
  std::string out;
  write_server_json(snapshot_of({}), out);
  EXPECT_EQ(
      out,
      R"({"active_connections":0,"active_processes":0,"total_requests":0,"error_count":0,"avg_processing_time":0,)"
      R"("memory_usage_mb":null,"cpu_total_percent":null,"cpu_per_core":[],"total_cpu_cores":null,)"
      R"("effective_cores_used":null,"uptime_seconds":3600.5})");
}

TEST(ServerJson, ReadsTheServerPack) {
  Registry registry;
  packs::ServerMetrics server(registry);
  auto kept = server.connect();
  {
    auto closed = server.connect();
  }
  server.active_processes.add(4);
  server.errors.add();
  for (std::size_t i = 0; i < packs::ServerMetrics::kRecent + 50; ++i)
    server.processing_time.record(i < 50 ? 100 : 0.25);
  const auto json = server_json(*registry.snapshot());
  EXPECT_EQ(json.at("active_connections"), 1);
  EXPECT_EQ(json.at("total_requests"), 2);
  EXPECT_EQ(json.at("active_processes"), 4);
  EXPECT_EQ(json.at("error_count"), 1);
  EXPECT_EQ(json.at("avg_processing_time"), 0.25);
}

TEST(ServerJson, CoresComeInTheOrderOfTheirNumbers) {
  FamilyMaker cores(Kind::gauge, "kymo_system_cpu_core_ratio", "", "ratio");
  for (const char* cpu : {"0", "1", "10", "11", "2", "3"})
    cores.number({{"cpu", cpu}}, std::stoi(cpu) / 100.0);
  EXPECT_EQ(boost::json::serialize(server_json(snapshot_of({cores.make()})).at("cpu_per_core")),
            "[0,1,2,3,10,11]");
}

TEST(SystemJson, LeavesOutWhatTheHostHasNot) {
  std::string out;
  write_system_json(snapshot_of({}), out);
  EXPECT_EQ(out, R"({"timestamp":"2025-11-28T10:30:00.123Z","uptime_seconds":3600.5})");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::format
