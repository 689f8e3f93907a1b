#pragma once

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

}  // namespace kymo::KYMO_ABI::system
