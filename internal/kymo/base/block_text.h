#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/text_sink.h>

namespace kymo::KYMO_ABI::base {

/// Blocks of memory that are kept from one use to the next. The first touch of fresh memory is a page fault,
/// which costs more than to write the page: 12 us on a virtual machine inside another.
///
/// Bounded: beyond `most_kept` bytes a block goes back to the system at once. Threads: any.
class BlockPool final {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kBlockBytes = std::size_t{256} << 10U;
  /// Blocks that nobody needed for so long go back to the system.
  static constexpr std::chrono::seconds kUnusedTime{60};

  explicit BlockPool(std::size_t most_kept) noexcept : most_kept_(most_kept / kBlockBytes) {}
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();

  /// A block whose content is undefined. Throws std::bad_alloc.
  [[nodiscard]] char* take();
  void give(char* block) noexcept;

  /// Frees the blocks that were kept and not taken in the last `kUnusedTime`. Call this every second or so.
  /// Cost: a lock, and a system call for each block that goes.
  void free_unused(Time now) noexcept;

  /// Memory that is kept for the next use.
  [[nodiscard]] std::size_t kept_bytes() const noexcept;
  /// Blocks that went back to the system because so many were kept already.
  [[nodiscard]] std::uint64_t not_kept() const noexcept;

 private:
  /// At the beginning of each block that is kept.
  struct Link {
    Link* next;
  };

  [[nodiscard]] Link* pop(std::size_t count) noexcept;
  static void free_all(Link* first) noexcept;

  const std::size_t most_kept_;
  mutable std::mutex mutex_;
  Link* kept_ = nullptr;
  std::size_t count_ = 0;  ///< of `kept_`
  std::size_t least_ = 0;  ///< the least that `count_` was since `looked_`
  Time looked_{};
  std::uint64_t not_kept_ = 0;
};

/// A text in blocks of a pool, which get them back at its end. Threads: one while it is written; then any
/// that read.
class BlockText final : public TextSink {
 public:
  explicit BlockText(std::shared_ptr<BlockPool> pool) noexcept : pool_(std::move(pool)) {}
  BlockText(const BlockText&) = delete;
  BlockText& operator=(const BlockText&) = delete;
  ~BlockText();

  [[nodiscard]] std::span<char> room(std::size_t bytes) override;
  void wrote(std::size_t bytes) noexcept override;

  /// The text, a piece a block.
  [[nodiscard]] std::span<const std::string_view> pieces() const noexcept { return pieces_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// A copy in one piece.
  [[nodiscard]] std::string text() const;

 private:
  struct Block {
    char* begin;
    std::size_t bytes;  ///< as many as the pool's blocks have, or more: then none of the pool's
  };

  const std::shared_ptr<BlockPool> pool_;
  std::vector<Block> blocks_;
  std::vector<std::string_view> pieces_;  ///< one for each block
  std::size_t size_ = 0;
};

}  // namespace kymo::KYMO_ABI::base
