#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>

#include <kymo/core/detail/cells.h>
#include <kymo/core/detail/series_handle.h>

namespace kymo::KYMO_ABI {

struct Label;

/// A count that only grows: requests served, bytes sent, errors.
///
/// A handle of two words: keep it, copy it, pass it by value. A default-constructed one records into
/// nothing. Unit: the family's; whole numbers. The count wraps at 2^64. Readers and Prometheus' `rate()`
/// take the wrap as a restart; `kymo_count_wraps_total` counts it. Exposition is exact; a reader that
/// uses doubles is exact to 2^53. For a value that can fall, use UpDownCounter or Gauge. For fractions,
/// use DoubleCounter. Threads: any member from any thread, also before main, in static destructors and
/// in a thread that is ending. Signal handlers: for a series that this thread has recorded into before.
/// Cost: one load, one add and one store of memory that only this thread writes; no lock, no system
/// call; no allocation after a thread's first touch of the series. Errors: a negative amount is refused
/// and counted in `kymo_recordings_refused_total{reason="negative"}`. Source: OpenMetrics 1.0,
/// "Counter".
class KYMO_API Counter final {
 public:
  Counter() = default;
  explicit Counter(const SeriesParts& parts) noexcept : handle_(parts.handle), cell_(parts.cell) {}

  void add() noexcept { add_unsigned(1); }

  template <std::integral T>
  void add(T n) noexcept {
    if constexpr (std::signed_integral<T>) {
      if (n < 0) [[unlikely]]
        return cells::refuse(cells::Refusal::negative);
    }
    add_unsigned(static_cast<std::uint64_t>(n));
  }
  /// A whole-number counter cannot count fractions exactly.
  void add(double) = delete;

  /// As add(), and keeps the labels (such as `trace_id`) as the exemplar, if the family has exemplars on.
  /// Labels beyond the size limit (docs/guide/instrumenting.md) are dropped and counted; the earlier exemplar
  /// stays. Cost: some 100 ns. Source: OpenMetrics 1.0, "Exemplars".
  void add_with_exemplar(std::uint64_t n, std::initializer_list<Label> labels) noexcept;

  /// The sum over all threads since the last reset; exact once writers have stopped. Cost: one to three loads
  /// per thread.
  [[nodiscard]] std::uint64_t value() const noexcept;
  /// The sum regardless of resets. Use it in ratios to numbers that resets leave alone.
  [[nodiscard]] std::uint64_t value_since_start() const noexcept;

 private:
  void add_unsigned(std::uint64_t n) noexcept {
    if (is_recording()) cells::add(cell_, n);
  }

  SeriesHandle handle_;
  CellId cell_ = kNullCell;
};

/// A count of fractions that only grows: seconds of audio, joules, money. Otherwise as Counter.
///
/// Precision: a double's in each thread; additions below 2^-53 of the total are lost.
/// Errors: NaN, infinities and negative amounts are refused and counted.
class KYMO_API DoubleCounter final {
 public:
  DoubleCounter() = default;
  explicit DoubleCounter(const SeriesParts& parts) noexcept : handle_(parts.handle), cell_(parts.cell) {}

  void add(double amount) noexcept {
    if (!is_recording()) return;
    if (!(amount >= 0 && amount <= kLargest)) [[unlikely]]
      return refuse(amount);
    cells::add_double(cell_, amount);
  }

  [[nodiscard]] double value() const noexcept;

 private:
  static constexpr double kLargest = 0x1.fffffffffffffp+1023;
  static void refuse(double amount) noexcept;

  SeriesHandle handle_;
  CellId cell_ = kNullCell;
};

/// −n. For −2^63 the result is 2^63 − 1, the largest number there is.
[[nodiscard]] constexpr std::int64_t opposite(std::int64_t n) noexcept {
  return n == std::numeric_limits<std::int64_t>::min() ? std::numeric_limits<std::int64_t>::max() : -n;
}

/// A sum that rises and falls: open connections, sessions, bytes in a queue.
///
/// Exported as a gauge, never as a counter that goes down. For a value that is *set* rather than summed, use
/// Gauge. Threads, cost: as Counter. Wraps at ±2^63, counted in `kymo_count_wraps_total`. Source:
/// OpenTelemetry metrics API, "UpDownCounter".
class KYMO_API UpDownCounter final {
 public:
  UpDownCounter() = default;
  explicit UpDownCounter(const SeriesParts& parts) noexcept : handle_(parts.handle), cell_(parts.cell) {}

  void add(std::int64_t n = 1) noexcept {
    if (is_recording()) cells::add(cell_, static_cast<std::uint64_t>(n));
  }
  void sub(std::int64_t n = 1) noexcept {
    if (is_recording()) cells::add(cell_, static_cast<std::uint64_t>(opposite(n)));
  }

  [[nodiscard]] std::int64_t value() const noexcept;

 private:
  SeriesHandle handle_;
  CellId cell_ = kNullCell;
};

}  // namespace kymo::KYMO_ABI
