#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cells {

/// Memory for the words of many histograms' buckets, one after the other, in blocks that grow with use.
/// Threads: one at a time.
class BucketWords final {
 public:
  /// Room for that many words; valid until the next call.
  [[nodiscard]] std::uint32_t* room(std::size_t words);
  /// Ends the words here, and keeps them as long as this object.
  void keep_to(std::uint32_t* end) noexcept { free_ = end; }

 private:
  std::vector<std::unique_ptr<std::uint32_t[]>> blocks_;
  std::uint32_t* free_ = nullptr;
  std::uint32_t* end_ = nullptr;
  std::size_t in_blocks_ = 0;
};

}  // namespace kymo::KYMO_ABI::cells
