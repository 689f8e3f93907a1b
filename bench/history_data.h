#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "history/columns.h"

namespace kymo::KYMO_ABI::bench {

/// How much data, and which.
struct HistoryShape {
  std::size_t series = 5000;  ///< as Prometheus counts them: a histogram of 12 buckets is 14
  std::size_t ticks = 3600;   ///< one a second
  std::uint64_t seed = 20261130;
};

/// A series whose samples are made up tick by tick.
class SimulatedSeries;

/// Made-up series of a busy server, the same for each seed.
///
/// A third belongs to latency histograms with 11 bounds. The others are counters (idle, seldom, often, of
/// bytes) and gauges (constant, jittering, of memory, of decimals). 7 % of the samples are doubles with 52
/// random bits: gauges and the histograms' sums. Some counters are reset, some series begin late or end early
/// with a stale marker. Ticks jitter by 10 ms.
class HistoryData final {
 public:
  explicit HistoryData(const HistoryShape& shape);
  HistoryData(const HistoryData&) = delete;
  HistoryData& operator=(const HistoryData&) = delete;
  ~HistoryData();

  /// The next ticks, in blocks of 64 series; empty after the last.
  [[nodiscard]] std::vector<history::BlockColumns> next_blocks(std::size_t ticks);

 private:
  HistoryShape shape_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<SimulatedSeries>> series_;
  std::size_t tick_ = 0;
};

/// Samples as Prometheus counts them: a histogram has one for each bucket, its sum and its count.
[[nodiscard]] std::size_t samples_in(const history::BlockColumns& block);
/// Values that a block holds: those of a histogram's count are none.
[[nodiscard]] std::size_t values_in(const history::BlockColumns& block);

}  // namespace kymo::KYMO_ABI::bench
