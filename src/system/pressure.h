#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <kymo/system/subject.h>

namespace kymo::KYMO_ABI::system {

/// One line of a pressure file.
struct PressureLine {
  double ratio_10s = 0;  ///< 0-1, the kernel's average over 10 s
  std::uint64_t total_us = 0;
};

/// One file of /proc/pressure; its lines differ between kernels.
struct PressureFile {
  std::optional<PressureLine> some, full;
};

/// Parses a pressure file. False when a line is invalid or none exists.
[[nodiscard]] bool parse_pressure(std::string_view text, PressureFile& pressure);

/// /proc/pressure/{cpu,memory,io,irq}.
class PressureSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "pressure"; }
  void sample(Sampling& sampling) override;
  void write(SnapshotWriter& writer) const override;

 private:
  static constexpr std::size_t kResources = 4;
  std::array<PressureFile, kResources> files_;
};

}  // namespace kymo::KYMO_ABI::system
