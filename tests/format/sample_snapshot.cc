#include <limits>

#include "tests/format/family_maker.h"

namespace kymo::KYMO_ABI::format {
namespace {

using namespace std::chrono_literals;

GaugeStatistics statistics(double min, double max, double mean) {
  return {.count = 3, .min = min, .max = max, .mean = mean, .last_update = test_time() - 1s};
}

Exemplar exemplar(std::string labels, double value) { return {std::move(labels), value, test_time() - 2s}; }

void add_events(std::vector<FamilySnapshot>& families) {
  const auto started = test_time() - 1h;
  families.push_back(FamilyMaker(Kind::counter, "errors.event_processing", "Events that failed.")
                         .created(started)
                         .count({}, 2)
                         .count({{"error_type", "a,b]c=d\\e"}}, 1)
                         .make());
  families.push_back(
      FamilyMaker(Kind::histogram, "event.processing.duration", "Time that an event takes.", "seconds")
          .text_bounds({0.0009765625, 0.015625, 1, 2})
          .created(started)
          .timing({}, histogram_of({0.001, 0.0052, 0.0187, 1.0, 3}), window_of({0.0187, 1.0, 3}))
          .exemplars({exemplar("trace_id=\"4bf92f3577b34da6\"", 0.0052),
                      exemplar("trace_id=\"00f067aa0ba902b7\"", 3)})
          .timing({{"event_type", "/live/track/renamed"}}, histogram_of({0.001}), window_of({0.001}))
          .make());
  families.push_back(
      FamilyMaker(Kind::counter, "events.processed", "Events done: line one\nline \"two\" \\ end.")
          .created(started)
          .count({}, 18446744073709551615U)
          .exemplars({exemplar("trace_id=\"a\\\"b\"", 1)})
          .count({{"path", "say \"hi\"\n\\ Ж 🎉"}, {"empty", ""}}, 15420)
          .make());
}

void add_packs(std::vector<FamilySnapshot>& families) {
  families.push_back(
      FamilyMaker(Kind::counter, "cache.hits", "Look-ups that found something.").count({}, 873).make());
  families.push_back(
      FamilyMaker(Kind::counter, "cache.misses", "Look-ups that did not.").count({}, 127).make());
  families.push_back(FamilyMaker(Kind::up_down_counter, "server.active_connections", "Connections open now.")
                         .whole({}, 3)
                         .make());
  families.push_back(FamilyMaker(Kind::up_down_counter, "server.active_processes", "Background jobs now.")
                         .whole({}, -1)
                         .make());
  families.push_back(
      FamilyMaker(Kind::counter, "server.errors", "Requests that failed.").count({}, 7).make());
  families.push_back(
      FamilyMaker(Kind::window, "server.processing_time", "Processing time of the last requests.", "seconds")
          .created(test_time() - 30min)
          .window({}, window_of({0.25, 0.5, 0.75}))
          .window({{"kind", "empty"}}, {})
          .make());
  families.push_back(
      FamilyMaker(Kind::counter, "server.requests", "Requests received.").count({}, 12345).make());
  families.push_back(FamilyMaker(Kind::counter, "udp.packet.dropped", "Packets lost.").count({}, 80).make());
  families.push_back(
      FamilyMaker(Kind::counter, "udp.packet.received", "Packets taken.").count({}, 15500).make());
  families.push_back(
      FamilyMaker(Kind::counter, "websocket.broadcast.success", "Broadcasts sent.").count({}, 15420).make());
  families.push_back(FamilyMaker(Kind::gauge, "websocket.clients", "Clients connected.")
                         .gauge({}, 3, statistics(1, 9, 4.5))
                         .gauge({{"room", "never set"}}, 0, {})
                         .make());
}

void add_odd_numbers(std::vector<FamilySnapshot>& families) {
  const double infinity = std::numeric_limits<double>::infinity();
  families.push_back(FamilyMaker(Kind::gauge, "odd.numbers", "Numbers at the edges.")
                         .number({{"n", "largest"}}, std::numeric_limits<double>::max())
                         .number({{"n", "denormal"}}, std::numeric_limits<double>::denorm_min())
                         .number({{"n", "million"}}, 1e6)
                         .number({{"n", "minus infinity"}}, -infinity)
                         .number({{"n", "minus zero"}}, -0.0)
                         .number({{"n", "nan"}}, std::numeric_limits<double>::quiet_NaN())
                         .number({{"n", "plus infinity"}}, infinity)
                         .number({{"n", "third"}}, 1.0 / 3)
                         .make());
  families.push_back(FamilyMaker(Kind::histogram, "temperature", "Degrees below and above.", "celsius")
                         .text_bounds({-10, 0, 1048576})
                         .created(test_time() - 10min)
                         .histogram({{"place", "roof"}}, histogram_of({-12, -10, 5}, {-10, 0, 1048576}))
                         .make());
  families.push_back(FamilyMaker(Kind::histogram, "websocket.message.size", "Size of a message.", "bytes")
                         .text_bounds({16, 1048576})
                         .histogram({}, histogram_of({16, 17, 2e6}))
                         .histogram({{"room", "empty"}}, histogram_of({}))
                         .make());
}

FamilySnapshot gauge(std::string_view name, double value, std::string_view unit = {}) {
  return FamilyMaker(Kind::gauge, name, "Of the host.", unit).number({}, value).make();
}

void add_host(std::vector<FamilySnapshot>& families) {
  families.push_back(gauge("kymo_system_cpu_ratio", 0.12345, "ratio"));
  families.push_back(FamilyMaker(Kind::gauge, "kymo_system_cpu_core_ratio", "Of one CPU.", "ratio")
                         .number({{"cpu", "0"}}, 0.5)
                         .number({{"cpu", "10"}}, 0.25)
                         .number({{"cpu", "2"}}, 0.125)
                         .make());
  families.push_back(gauge("kymo_system_cpu_cores", 3));
  families.push_back(gauge("kymo_system_effective_cores", 0.37035));
  families.push_back(gauge("kymo_system_memory_total_bytes", 8589934592, "bytes"));
  families.push_back(gauge("kymo_system_memory_used_ratio", 0.5, "ratio"));
  families.push_back(gauge("node_load1", 0.52));
  families.push_back(FamilyMaker(Kind::gauge, "kymo_system_pressure_ratio", "Stalls.", "ratio")
                         .number({{"kind", "some"}, {"resource", "cpu"}}, 0.015)
                         .number({{"kind", "full"}, {"resource", "io"}}, 0)
                         .number({{"kind", "some"}, {"resource", "io"}}, 0.1)
                         .make());
  families.push_back(
      FamilyMaker(Kind::gauge, "kymo_system_disk_read_bytes_per_second", "Rate.", "bytes_per_second")
          .number({{"device", "sda"}}, 1234.5)
          .number({{"device", "sdb"}}, 0)
          .make());
  families.push_back(FamilyMaker(Kind::gauge, "kymo_system_disk_busy_ratio", "Busy.", "ratio")
                         .number({{"device", "sdb"}}, 0.75)
                         .make());
  families.push_back(
      FamilyMaker(Kind::gauge, "node_filesystem_size_bytes", "Size.", "bytes")
          .number({{"device", "/dev/sda1"}, {"fstype", "ext4"}, {"mountpoint", "/a \"b\""}}, 1e12)
          .make());
  families.push_back(gauge("kymo_system_network_receive_bytes_per_second", 1500.25, "bytes_per_second"));
  families.push_back(FamilyMaker(Kind::counter, "node_network_receive_bytes_total", "Bytes.", "bytes")
                         .number({{"device", "eth0"}}, 9007199254740993.0)
                         .number({{"device", "lo"}}, 5)
                         .make());
  families.push_back(gauge("kymo_cgroup_memory_usage_bytes", 1048576, "bytes"));
  families.push_back(gauge("process_resident_memory_bytes", 157286400, "bytes"));
  families.push_back(gauge("process_threads", 8));
  families.push_back(FamilyMaker(Kind::counter, "process_context_switches_total", "Switches.")
                         .number({{"type", "involuntary"}}, 2)
                         .number({{"type", "voluntary"}}, 40)
                         .make());
}

}  // namespace

Snapshot sample_snapshot() {
  std::vector<FamilySnapshot> families;
  add_events(families);
  add_packs(families);
  add_odd_numbers(families);
  add_host(families);
  return snapshot_of(std::move(families));
}

}  // namespace kymo::KYMO_ABI::format
