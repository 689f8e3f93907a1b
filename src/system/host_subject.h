#pragma once

#include <array>
#include <optional>
#include <string_view>

#include <kymo/system/subject.h>

namespace kymo::KYMO_ABI::system {

/// Seconds since boot, from /proc/uptime; nothing when invalid.
[[nodiscard]] std::optional<double> parse_uptime(std::string_view text);

/// The host's identity, and its uptime (including suspended time).
class HostSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "host"; }
  void sample(Sampling& sampling) override;
  void write(SnapshotWriter& writer) const override;

 private:
  HostIdentity identity_;
};

/// Load averages over 1, 5 and 15 minutes.
using LoadAverages = std::array<double, 3>;

/// Parses /proc/loadavg; nothing when invalid.
[[nodiscard]] std::optional<LoadAverages> parse_loadavg(std::string_view text);

/// /proc/loadavg.
class LoadSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "load"; }
  void sample(Sampling& sampling) override;
  void write(SnapshotWriter& writer) const override;

 private:
  std::optional<LoadAverages> load_;
};

}  // namespace kymo::KYMO_ABI::system
