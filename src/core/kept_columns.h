#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <kymo/core/snapshot.h>

#include "page_words.h"

namespace kymo::KYMO_ABI::kept {

/// Empty columns with room for `size` entries, of a past Snapshot where one fits. Throw std::bad_alloc.
/// Threads: any.
void take(std::size_t size, std::vector<std::uint64_t>& column);
void take(std::size_t size, std::vector<std::chrono::system_clock::time_point>& column);
void take(std::size_t size, std::vector<HistogramValue>& column);
void take(std::size_t size, std::vector<GaugeStatistics>& column);
/// Empty words, with the blocks of a past Snapshot where there are some.
[[nodiscard]] std::shared_ptr<cells::BucketWords> take_words();

/// The Snapshot on the heap; at its end its large columns are kept for the next. Throws std::bad_alloc.
[[nodiscard]] std::shared_ptr<const Snapshot> make_snapshot(Snapshot snapshot);

}  // namespace kymo::KYMO_ABI::kept
