#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/system/rate.h>
#include <kymo/system/subject.h>

namespace kymo::KYMO_ABI::system {

/// One interface's line of /proc/net/dev.
struct InterfaceLine {
  static constexpr std::size_t kColumns = 16;
  static constexpr std::size_t kReceiveBytes = 0;
  static constexpr std::size_t kTransmitBytes = 8;

  std::string_view name;  ///< a view into the parsed text
  std::array<std::uint64_t, kColumns> values{};
};

/// Parses one line. False when invalid. A name may contain colons: the last one ends it.
[[nodiscard]] bool parse_interface_line(std::string_view line, InterfaceLine& interface);

/// /proc/net/dev: counters and rates of network interfaces.
class NetworkSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "network"; }
  void sample(Sampling& sampling) override;
  void write(SnapshotWriter& writer) const override;

 private:
  struct Interface {
    std::string name;
    std::array<std::uint64_t, InterfaceLine::kColumns> values{};
    std::array<std::uint64_t, InterfaceLine::kColumns> base{};  ///< base of the next rates
    std::optional<double> receive_rate, transmit_rate;
    bool in_total = false;
    bool is_loopback = false;
  };

  void parse(Sampling& sampling);
  void keep(const InterfaceLine& line, const Sampling& sampling);
  void choose_total(const NameFilter& filter);
  void update_rates(Interface& interface, bool known, std::optional<double> uptime) const;
  void write_counters(SnapshotWriter& writer) const;
  void write_rates(SnapshotWriter& writer, const FamilyOptions& total, const FamilyOptions& device,
                   std::optional<double> Interface::* rate) const;

  std::vector<Interface> interfaces_;
  std::vector<Interface> previous_;
  RateClock clock_;
  std::optional<double> elapsed_;
  bool total_is_all_ = false;  ///< all except the loopback, because nothing else is left
};

}  // namespace kymo::KYMO_ABI::system
