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

}  // namespace kymo::KYMO_ABI::system
