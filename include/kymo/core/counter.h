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
/// A handle of two words: keep it, copy it, pass it by value. A default-made one records into nothing.
/// Unit: whatever the family's unit says; whole numbers. Wraps at 2^64, which readers see as a restart of the
/// count and Prometheus' `rate()` takes as one; `kymo_count_wraps_total` counts it. Exact in exposition; a
/// reader that holds it in a double is exact to 2^53. Not for a value that can fall: use UpDownCounter or
/// Gauge. Not for fractions: use DoubleCounter. Threads: any member from any thread, also before main, in
/// static destructors, in a thread that is ending, and (for a series that this thread has recorded into
/// before) in a signal handler. Cost: one load, one add and one store of memory that only this thread writes;
/// no lock, no system call; no allocation after a thread's first touch of the series. Errors: a negative
/// amount is refused and counted in `kymo_recordings_refused_total{reason="negative"}`. Source:
/// OpenMetrics 1.0, "Counter".
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
  /// A fraction cannot be counted exactly here.
  void add(double) = delete;

  /// As add(), and keeps the labels (a `trace_id`, say) as the exemplar of a family that has them on. Labels
  /// that do not fit (docs/guide/instrumenting.md) are dropped and counted; the exemplar before stays.
  /// Cost: some 100 ns. Source: OpenMetrics 1.0, "Exemplars".
  void add_with_exemplar(std::uint64_t n, std::initializer_list<Label> labels) noexcept;

  /// Sum over all threads since the last reset, exact once writers have stopped. Cost: a load or three per
  /// thread.
  [[nodiscard]] std::uint64_t value() const noexcept;
  /// The same, whatever resets there were: for a share of something that resets leave alone.
  [[nodiscard]] std::uint64_t value_since_start() const noexcept;

 private:
  void add_unsigned(std::uint64_t n) noexcept {
    if (is_recording()) cells::add(cell_, n);
  }

  SeriesHandle handle_;
  CellId cell_ = kNullCell;
};

/// A count that only grows, of fractions: seconds of audio, joules, money. Otherwise as Counter.
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

/// −n, and 2^63 − 1 for −2^63, whose opposite is one more than there is.
[[nodiscard]] constexpr std::int64_t opposite(std::int64_t n) noexcept {
  return n == std::numeric_limits<std::int64_t>::min() ? std::numeric_limits<std::int64_t>::max() : -n;
}

/// A sum that rises and falls: open connections, sessions, bytes in a queue.
///
/// Exported as a gauge, never as a counter that goes down. Where a value is *set* rather than summed, use
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
