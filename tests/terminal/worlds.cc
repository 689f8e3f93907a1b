#include "worlds.h"

#include <cmath>

namespace kymo::KYMO_ABI::terminal::test {
namespace {

std::string family(int id, const std::string& name, const std::string& kind, const std::string& unit,
                   const std::string& series) {
  return R"({"id":)" + std::to_string(id) + R"(,"name":")" + name + R"(","kind":")" + kind + R"(","unit":")" +
         unit + R"(","help":"","series":[)" + series + "]}";
}

std::string series(int id, const std::string& labels, const std::string& value) {
  return R"({"id":)" + std::to_string(id) + R"(,"labels":{)" + labels + R"(},"v":)" + value + "}";
}

std::string single(int id, const std::string& name, const std::string& kind, const std::string& unit,
                   double value) {
  return family(id, name, kind, unit, series(id, "", std::to_string(value)));
}

/// 100 values a second more, most in the bucket of 1 to 1.09 ms.
std::string latency(int seconds) {
  const int count = 100 * (seconds + 1);
  return R"({"count":)" + std::to_string(count) + R"(,"sum":)" + std::to_string(count / 1000.0) +
         R"(,"min":0.0009,"max":0.02,"buckets":[[-80,)" + std::to_string(96 * (seconds + 1)) + R"(],[-47,)" +
         std::to_string(4 * (seconds + 1)) + "]]}";
}

std::string full() {
  std::string families =
      single(0, "http.requests", "counter", "", 100) + "," + single(1, "http.errors", "counter", "", 0) +
      "," + single(2, "voice.sessions.active", "up_down_counter", "", 8) + "," +
      single(3, "udp.packet.dropped", "counter", "", 0) + "," +
      single(4, "udp.packet.received", "counter", "", 0) + "," +
      family(5, "http.request.duration", "histogram", "seconds", series(5, "", latency(0))) + "," +
      single(6, "kymo_process_cpu_ratio", "gauge", "ratio", 0.25) + "," +
      single(7, "kymo_system_cpu_limit_cores", "gauge", "", 2) + "," +
      single(8, "process_resident_memory_bytes", "gauge", "bytes", 47'185'920) + "," +
      single(9, "kymo_system_memory_limit_bytes", "gauge", "bytes", 2147483648.0) + "," +
      single(10, "kymo_system_network_receive_bytes_per_second", "gauge", "bytes_per_second", 125000) + "," +
      single(11, "kymo_system_network_transmit_bytes_per_second", "gauge", "bytes_per_second", 64000) + "," +
      family(12, "kymo_system_cpu_core_ratio", "gauge", "ratio",
             series(12, R"("cpu":"0")", "0.45") + "," + series(13, R"("cpu":"1")", "0.12")) +
      "," + single(14, "kymo_system_cpu_ratio", "gauge", "ratio", 0.285) + "," +
      single(15, "kymo_system_memory_used_ratio", "gauge", "ratio", 0.45) + "," +
      single(16, "kymo_system_memory_total_bytes", "gauge", "bytes", 17179869184.0) + "," +
      single(17, "node_load1", "gauge", "", 0.52) + "," + single(18, "node_load5", "gauge", "", 0.4) + "," +
      single(19, "node_load15", "gauge", "", 0.3) + "," +
      family(20, "kymo_system_pressure_ratio", "gauge", "ratio",
             series(20, R"("resource":"cpu","kind":"some")", "0.012") + "," +
                 series(21, R"("resource":"io","kind":"some")", "0.03") + "," +
                 series(22, R"("resource":"memory","kind":"some")", "0")) +
      "," +
      family(23, "kymo_system_filesystem_used_ratio", "gauge", "ratio",
             series(23, R"("mountpoint":"/")", "0.31"));
  return R"({"type":"full","seq":1,"time":1764000000,"uptime_seconds":100,"families":[)" + families + "]}";
}

std::string delta(int at) {
  const auto value = [](int id, double number) {
    return "[" + std::to_string(id) + "," + std::to_string(number) + "]";
  };
  // From second 20 on a hundredth of the requests fails, and datagrams are lost.
  const int late = std::max(0, at - 19);
  return R"({"type":"delta","seq":)" + std::to_string(at + 1) + R"(,"time":)" +
         std::to_string(1764000000 + at) + R"(,"uptime_seconds":)" + std::to_string(100 + at) +
         R"(,"values":[)" + value(0, 100 + 50 * at + 20 * std::sin(at)) + "," + value(1, late) + "," +
         value(2, 8 + at % 3) + "," + value(3, 3 * late) + "," + value(4, 100 * at) + ",[5," + latency(at) +
         "]," + value(6, 0.25 + 0.01 * (at % 7)) + "]}";
}

}  // namespace

SeriesStore voice_server() {
  SeriesStore store;
  take(store, hello());
  take(store, full());
  for (int at = 1; at < 30; ++at) take(store, delta(at));
  return store;
}

SeriesStore hostile_server() {
  SeriesStore store = voice_server();
  const auto add = [&](int id, const std::string& name, const std::string& labels) {
    take(store, R"({"type":"delta","seq":)" + std::to_string(100 + id) + R"(,"time":)" +
                    std::to_string(1764000030 + id) + R"(,"uptime_seconds":130,"families":[{"id":)" +
                    std::to_string(id) + R"(,"name":")" + name +
                    R"(","kind":"gauge","unit":"","help":""}],"series":[{"id":)" + std::to_string(id) +
                    R"(,"family":)" + std::to_string(id) + R"(,"labels":{)" + labels + R"(}}],"values":[[)" +
                    std::to_string(id) + ",7]]}");
  };
  add(30, R"(evil.\u001b[2J\u001b]0;owned\u0007)", "");
  add(31, "evil.label", R"("a":"\r\n\u001b[31mred\u0000\u007f\u009b2J")");
  add(32, "evil.bidi", R"("a":"abc\u202edef\u200b\ufeff")");
  add(33, "evil.\u65e5\u672c\u8a9e", R"("\u5bbe":"\uff37\uff49\uff44\uff45 e\u0301 \ud83d\ude00")");
  add(34, "evil." + std::string(300, 'x'), R"("long":")" + std::string(300, 'y') + R"(")");
  return store;
}

Sessions sessions() {
  std::string rows;
  for (int i = 0; i < 8; ++i) {
    if (i > 0) rows += ",";
    rows += R"({"session_id":"call-)" + std::to_string(i) +
            R"(","provider":"voice","model_id":"pitch","level":")" + (i == 3 ? "EMERGENCY" : "NORMAL") +
            R"(","age_seconds":)" + std::to_string(60 + i) + R"(,"sources":2,"queue_fill_ratio":)" +
            (i == 3   ? "0.97"
             : i == 5 ? "0.9"
                      : "0.05") +
            R"(,"backlog_seconds":0.25,"realtime_factor":)" + (i == 3 ? "1.3" : "0.004") +
            R"(,"inference_ms_mean":3.5,"dropped_total":)" + std::to_string(i == 3 ? 120 : 0) +
            R"(,"dropped_recent":0,"errors":0})";
  }
  return *parse_sessions(R"({"timestamp":1764000030,"sessions":8,"top":[)" + rows + "]}");
}

namespace {

/// Texts for the inside of a JSON string.
struct Names {
  std::string peer;
  std::string session;
  std::string function;
};

Peers peers_of(const Names& names) {
  const std::string figures =
      R"("latency_ms":{"current":23.5,"avg":24,"min":20,"max":41},"rtt_ms":{"p95":31.25},"jitter_ms":1.25,)"
      R"("packet_loss_percent":0,"quality_score":92,"quality_trend":"stable","path":{"grade":"A"},)"
      R"("voice":{"mos":4},"bytes_sent":4096,"bandwidth":{"sent_bytes_per_second":2048,"received_bytes_per_second":81920},)"
      R"("uptime_seconds":3725})";
  auto peers = parse_peers(
      R"({"peers":[{"peer_id":"p-1","peer_name":")" + names.peer + R"(","status":"connected",)" + figures +
      R"(,{"peer_id":"p-2","peer_name":"","status":"degraded","latency_ms":{"current":180,"avg":150},)"
      R"("jitter_ms":42.5,"packet_loss_percent":3.5,"quality_score":38,"quality_trend":"degrading",)"
      R"("quality_reason":"latency 180.0 ms takes 40 of 100 points, 3.5 % lost 25, jitter 42.5 ms 21","path":)"
      R"({"grade":"D"},"uptime_seconds":60},{"peer_id":"p-3","peer_name":"gone","status":"disconnected",)"
      R"("latency_ms":{"current":null},"jitter_ms":null,"packet_loss_percent":null,"quality_score":0,)"
      R"("quality_reason":"disconnected: silent for 75 s",)"
      R"("quality_trend":"degrading","path":null,"voice":null}]})");
  take_network(R"({"peers":3,"score":71.5,"grade":"B"})", *peers);
  return *peers;
}

PastSessions past_sessions_of(const Names& names) {
  return *parse_past_sessions(
      R"({"sessions":[{"session_id":"s-2","kind":"game","name":")" + names.session +
      R"(","start_time":"2025-11-24T15:58:00.000Z","end_time":null,"duration_seconds":95,"peers":["p-1","p-2"],)"
      R"("latency_ms":{"min":20,"avg":24.5,"max":180}},{"session_id":"s-1","kind":"call","name":"",)"
      R"("start_time":"2025-11-23T09:05:00.000Z","end_time":"2025-11-23T09:35:00.000Z","duration_seconds":1800,)"
      R"("peers":["p-1"],"latency_ms":{"min":null,"avg":null,"max":null}}]})");
}

Profile profile_of(const Names& names) {
  std::string functions;
  for (int i = 0; i < 5; ++i) {
    const double total = 8.0 / (1 << i);
    functions += std::string(i == 0 ? "" : ",") + R"({"name":")" +
                 (i == 1 ? names.function : "step " + std::to_string(i)) + R"(","calls":)" +
                 std::to_string(100 << i) + R"(,"errors":)" + std::to_string(i % 2) + R"(,"total_seconds":)" +
                 std::to_string(total) + R"(,"self_seconds":)" + std::to_string(total / (5 - i)) +
                 R"(,"average_seconds":)" + std::to_string(total / (100 << i)) +
                 R"(,"min_seconds":0.001,"max_seconds":0.25,"p50_seconds":0.01,"p95_seconds":0.125,)"
                 R"("p99_seconds":0.2})";
  }
  return *parse_profile(R"({"enabled":true,"duration_seconds":75,"functions":[)" + functions +
                        R"(],"slow":["step 0"]})");
}

Answers answers_of(const Names& names) {
  return {{true, peers_of(names)}, {true, past_sessions_of(names)}, {true, profile_of(names)}, true};
}

}  // namespace

Answers answers() { return answers_of({"lobby", "evening round", "decode frame"}); }

Answers hostile_answers() {
  return answers_of(
      {R"(\u001b[2J\u001b]0;owned\u0007)", R"(abc\u202edef\r\n\u009b2J)",
       R"(\u65e5\u672c\u8a9e \uff37\uff49\uff44\uff45 e\u0301 \ud83d\ude00)" + std::string(300, 'x')});
}

}  // namespace kymo::KYMO_ABI::terminal::test
