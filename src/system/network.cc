#include "network.h"

#include <algorithm>
#include <utility>

#include <kymo/system/text_scan.h>

namespace kymo::KYMO_ABI::system {
namespace {

constexpr std::size_t kMaxNameBytes = 64;
constexpr std::string_view kLoopback = "lo";  // the kernel's name in every network namespace

constexpr std::array<FamilyOptions, InterfaceLine::kColumns> kFamilies = {{
    {"node_network_receive_bytes_total", "Bytes received.", "bytes"},
    {"node_network_receive_packets_total", "Packets received.", {}},
    {"node_network_receive_errs_total", "Errors on receiving.", {}},
    {"node_network_receive_drop_total", "Packets dropped on receiving.", {}},
    {"node_network_receive_fifo_total", "FIFO overruns on receiving.", {}},
    {"node_network_receive_frame_total", "Framing errors on receiving.", {}},
    {"node_network_receive_compressed_total", "Compressed packets received.", {}},
    {"node_network_receive_multicast_total", "Multicast packets received.", {}},
    {"node_network_transmit_bytes_total", "Bytes sent.", "bytes"},
    {"node_network_transmit_packets_total", "Packets sent.", {}},
    {"node_network_transmit_errs_total", "Errors on sending.", {}},
    {"node_network_transmit_drop_total", "Packets dropped on sending.", {}},
    {"node_network_transmit_fifo_total", "FIFO overruns on sending.", {}},
    {"node_network_transmit_colls_total", "Collisions on sending.", {}},
    {"node_network_transmit_carrier_total", "Carrier losses on sending.", {}},
    {"node_network_transmit_compressed_total", "Compressed packets sent.", {}},
}};

}  // namespace

bool parse_interface_line(std::string_view line, InterfaceLine& interface) {
  const std::size_t colon = line.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::size_t begin = line.find_first_not_of(' ');
  interface.name = line.substr(begin, colon - std::min(begin, colon));
  if (interface.name.empty() || interface.name.size() > kMaxNameBytes) return false;
  Words words(line.substr(colon + 1));
  return std::ranges::all_of(interface.values, [&](std::uint64_t& value) { return words.count(value); });
}

void NetworkSubject::sample(Sampling& sampling) {
  std::swap(interfaces_, previous_);
  interfaces_.clear();
  if (!sampling.read_required("/proc/net/dev")) return;
  elapsed_ = clock_.due(sampling.now, sampling.options.rate_interval);
  parse(sampling);
  choose_total(sampling.options.network_total);
}

void NetworkSubject::parse(Sampling& sampling) {
  Lines lines(sampling.text);
  std::string_view line;
  bool understood = lines.next(line) && line.find('|') != std::string_view::npos;
  understood &= lines.next(line) && line.find('|') != std::string_view::npos;
  InterfaceLine interface;
  while (understood && lines.next(line)) {
    if (!parse_interface_line(line, interface)) {
      sampling.check(false);
    } else if (!sampling.options.interfaces.takes(interface.name)) {
      continue;
    } else if (interfaces_.size() >= sampling.options.max_interfaces) {
      ++sampling.omitted;
    } else if (std::ranges::find(interfaces_, interface.name, &Interface::name) != interfaces_.end()) {
      sampling.check(false);
    } else {
      keep(interface, sampling);
    }
  }
  sampling.check(understood && !lines.cut_off());
}

void NetworkSubject::keep(const InterfaceLine& line, const Sampling& sampling) {
  const auto before = std::ranges::find(previous_, line.name, &Interface::name);
  const bool known = before != previous_.end();
  Interface& interface = interfaces_.emplace_back();
  if (known) {
    interface = std::move(*before);
  } else {
    interface.name = line.name;
    interface.in_total = sampling.options.network_total.takes(line.name);
    interface.is_loopback = line.name == kLoopback;
  }
  interface.values = line.values;
  update_rates(interface, known, sampling.facts.uptime_seconds);
}

/// A host's only interface may be one that is usually counted twice, such as a `tap0`: then it counts. Names
/// that the user has listed stay.
void NetworkSubject::choose_total(const NameFilter& filter) {
  const bool is_any_left = std::ranges::any_of(interfaces_, &Interface::in_total);
  total_is_all_ = !is_any_left && filter.include.empty();
}

void NetworkSubject::update_rates(Interface& interface, bool known, std::optional<double> uptime) const {
  const std::optional<double> span = clock_.first() ? uptime : known ? elapsed_ : std::nullopt;
  if (span && *span > 0) {
    const auto rate = [&](std::size_t column) {
      return static_cast<double>(counter_growth(interface.base[column], interface.values[column])) / *span;
    };
    interface.receive_rate = rate(InterfaceLine::kReceiveBytes);
    interface.transmit_rate = rate(InterfaceLine::kTransmitBytes);
  }
  if (clock_.first() || !known || elapsed_) interface.base = interface.values;
}

void NetworkSubject::write(SnapshotWriter& writer) const {
  if (interfaces_.empty()) return;
  write_counters(writer);
  write_rates(writer,
              {"kymo_system_network_receive_bytes_per_second", "Bytes received a second by the host.",
               "bytes_per_second"},
              {"kymo_system_network_device_receive_bytes_per_second",
               "Bytes received a second by an interface.", "bytes_per_second"},
              &Interface::receive_rate);
  write_rates(writer,
              {"kymo_system_network_transmit_bytes_per_second", "Bytes sent a second by the host.",
               "bytes_per_second"},
              {"kymo_system_network_device_transmit_bytes_per_second", "Bytes sent a second by an interface.",
               "bytes_per_second"},
              &Interface::transmit_rate);
}

void NetworkSubject::write_counters(SnapshotWriter& writer) const {
  for (std::size_t column = 0; column < kFamilies.size(); ++column) {
    FamilyWriter out = writer.counter(kFamilies[column]);
    for (const Interface& interface : interfaces_) {
      out.add({{"device", interface.name}}, static_cast<double>(interface.values[column]));
    }
  }
}

void NetworkSubject::write_rates(SnapshotWriter& writer, const FamilyOptions& total,
                                 const FamilyOptions& device, std::optional<double> Interface::* rate) const {
  std::optional<double> sum;
  FamilyWriter devices = writer.gauge(device);
  for (const Interface& interface : interfaces_) {
    const std::optional<double>& value = interface.*rate;
    if (!value) continue;
    devices.add({{"device", interface.name}}, *value);
    if (total_is_all_ ? !interface.is_loopback : interface.in_total) sum = sum.value_or(0) + *value;
  }
  if (sum) writer.gauge(total).add(*sum);
}

}  // namespace kymo::KYMO_ABI::system
