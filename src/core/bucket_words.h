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
  /// No words are kept any more; the blocks stay for the next ones.
  void clear() noexcept {
    free_ = end_ = nullptr;
    used_ = 0;
  }
  /// Memory of the blocks.
  [[nodiscard]] std::size_t bytes() const noexcept { return in_blocks_ * sizeof(std::uint32_t); }

 private:
  struct Block {
    std::unique_ptr<std::uint32_t[]> words;
    std::size_t size;
  };

  std::vector<Block> blocks_;
  std::size_t used_ = 0;  ///< of `blocks_`, from the front
  std::uint32_t* free_ = nullptr;
  std::uint32_t* end_ = nullptr;
  std::size_t in_blocks_ = 0;
};

}  // namespace kymo::KYMO_ABI::cells
