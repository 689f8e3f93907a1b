#pragma once

#include <kymo/core/detail/cells.h>
#include <kymo/core/detail/series_handle.h>

namespace kymo::KYMO_ABI {

struct WindowValue;

/// The last N values, exactly: their mean, min, max and percentiles. Exported as a Prometheus
/// summary.
///
/// A window answers "how is it now"; a histogram answers "how was it since the start". Threads: as Counter.
/// The order of values recorded at the same instant by several threads is undefined. Cost: O(1), one shared
/// atomic addition (5 ns alone, more when threads meet). Errors: NaN and infinities are refused and
/// counted.
class KYMO_API Window final {
 public:
  Window() = default;
  explicit Window(const SeriesParts& parts) noexcept
      : handle_(parts.handle), cell_(parts.cell), ring_(parts.window) {}

  void record(double value) noexcept;

  /// Include <kymo/core/snapshot.h> for the type.
  [[nodiscard]] WindowValue value() const;

 private:
  SeriesHandle handle_;
  CellId cell_ = kNullCell;  // sum of all recorded values
  WindowRing* ring_ = nullptr;
};

}  // namespace kymo::KYMO_ABI
