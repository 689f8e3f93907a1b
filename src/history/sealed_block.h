#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "columns.h"

namespace kymo::KYMO_ABI::history {

/// The series of one group over a closed window. Immutable; threads: any.
class SealedBlock final {
 public:
  /// Throws `std::bad_alloc`.
  explicit SealedBlock(const BlockColumns& columns);

  [[nodiscard]] std::int64_t first_ms() const noexcept { return first_ms_; }
  [[nodiscard]] std::int64_t last_ms() const noexcept { return last_ms_; }
  /// Ids of the series in the block.
  [[nodiscard]] const std::vector<std::uint32_t>& series() const noexcept { return series_; }
  [[nodiscard]] std::uint64_t samples() const noexcept { return samples_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// Reads one series; false where the block is damaged. Throws `std::bad_alloc`.
  [[nodiscard]] bool read(std::uint32_t series, std::vector<std::int64_t>& times, SeriesColumns& out) const;

 private:
  std::int64_t first_ms_;
  std::int64_t last_ms_;
  std::vector<std::uint32_t> series_;
  std::uint64_t samples_ = 0;
  BlockColumns columns_;
};

}  // namespace kymo::KYMO_ABI::history
