#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <kymo/core/histogram_buckets.h>
#include <kymo/core/histogram_value.h>

#include "byte_chains.h"
#include "columns.h"

namespace kymo::KYMO_ABI::history {

/// The buckets of one histogram over the open window: a record for each sample at which a bucket changed. The
/// first record has all buckets.
class BucketDeltas final {
 public:
  /// Appends a sample. Throws `std::bad_alloc`. `scratch`: memory to use.
  void append(const HistogramValue& value, ByteChains& chains, std::vector<std::uint8_t>& scratch);
  /// All buckets of the window, with their counts at the last sample.
  [[nodiscard]] std::span<const HistogramBucket> last() const noexcept { return last_; }
  /// A new window begins.
  void clear(ByteChains& chains) noexcept;

  /// Reads the first `samples` samples, as many as were appended. Reuses the memory of `out`, except for the
  /// bounds, which are not changed.
  void read(const ByteChains& chains, std::size_t samples, std::vector<std::uint8_t>& scratch,
            HistogramColumns& out) const;

 private:
  void set(std::int32_t index, std::uint64_t count, std::vector<std::uint8_t>& record);
  void set_below(std::int32_t index, std::vector<std::uint8_t>& record);

  std::vector<HistogramBucket> last_;  ///< all buckets of the window, with their counts now
  ByteChains::Chain records_;
  std::uint64_t unchanged_ = 0;  ///< samples since the last record
  // While a record is made.
  std::size_t at_ = 0;  ///< the place in `last_`
  std::uint64_t changed_ = 0;
  std::int64_t before_ = 0;  ///< index of the bucket before
};

}  // namespace kymo::KYMO_ABI::history
