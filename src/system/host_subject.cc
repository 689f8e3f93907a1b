#include "host_subject.h"

#include <kymo/system/text_scan.h>

namespace kymo::KYMO_ABI::system {

std::optional<double> parse_uptime(std::string_view text) {
  Lines lines(text);
  std::string_view line;
  double uptime = 0;
  if (!lines.next(line) || !Words(line).decimal(uptime)) return std::nullopt;
  return uptime;
}

void HostSubject::sample(Sampling& sampling) {
  identity_ = sampling.host.identity();
  if (!sampling.read_required("/proc/uptime")) return;
  sampling.facts.uptime_seconds = parse_uptime(sampling.text);
  sampling.check(sampling.facts.uptime_seconds.has_value());
}

void HostSubject::write(SnapshotWriter& writer) const {
  if (identity_.sysname.empty()) return;
  writer.gauge({"node_uname_info", "Names of the host and its kernel.", {}})
      .add({{"sysname", identity_.sysname},
            {"release", identity_.release},
            {"version", identity_.version},
            {"machine", identity_.machine},
            {"nodename", identity_.nodename},
            {"domainname", identity_.domainname}},
           1);
}

std::optional<LoadAverages> parse_loadavg(std::string_view text) {
  Lines lines(text);
  std::string_view line;
  if (!lines.next(line)) return std::nullopt;
  Words words(line);
  LoadAverages load{};
  for (double& average : load) {
    if (!words.decimal(average)) return std::nullopt;
  }
  return load;
}

void LoadSubject::sample(Sampling& sampling) {
  load_.reset();
  if (!sampling.read_required("/proc/loadavg")) return;
  load_ = parse_loadavg(sampling.text);
  sampling.check(load_.has_value());
}

void LoadSubject::write(SnapshotWriter& writer) const {
  if (!load_) return;
  writer.gauge({.name = "node_load1", .help = "Load average over 1 minute."}).add((*load_)[0]);
  writer.gauge({.name = "node_load5", .help = "Load average over 5 minutes."}).add((*load_)[1]);
  writer.gauge({.name = "node_load15", .help = "Load average over 15 minutes."}).add((*load_)[2]);
}

}  // namespace kymo::KYMO_ABI::system
