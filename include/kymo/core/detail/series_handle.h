#pragma once

#include <cstddef>
#include <utility>

#include <kymo/core/detail/cells.h>

namespace kymo::KYMO_ABI {

class Series;
class GaugeTrack;
class WindowRing;

/// A user's reference to a series. While one lives, the series does not expire, and recording through it is
/// safe even after the registry is destroyed. Copying costs one atomic addition. Empty: records into nothing.
class KYMO_API SeriesHandle final {
 public:
  SeriesHandle() = default;
  explicit SeriesHandle(const Series* series) noexcept : series_(series) { retain(); }
  SeriesHandle(const SeriesHandle& other) noexcept : series_(other.series_) { retain(); }
  SeriesHandle(SeriesHandle&& other) noexcept : series_(std::exchange(other.series_, nullptr)) {}
  SeriesHandle& operator=(SeriesHandle other) noexcept {
    std::swap(series_, other.series_);
    return *this;
  }
  ~SeriesHandle() {
    if (series_ != nullptr) release();
  }

  [[nodiscard]] const Series* get() const noexcept { return series_; }

 private:
  void retain() noexcept;
  void release() noexcept;

  const Series* series_ = nullptr;
};

/// The parts that a family hands to a new instrument; no user needs it.
struct SeriesParts {
  SeriesHandle handle = {};
  CellId cell = kNullCell;
  Cell* shared_cell = nullptr;
  GaugeTrack* gauge = nullptr;
  WindowRing* window = nullptr;
  const double* bounds = nullptr;
  std::size_t bound_count = 0;
  bool takes_negative = false;

  [[nodiscard]] CellId histogram_cell() const noexcept {
    return cell == kNullCell ? kNullHistogramCell : cell;
  }
};

}  // namespace kymo::KYMO_ABI
