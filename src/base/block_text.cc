#include <kymo/base/block_text.h>

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <utility>

namespace kymo::KYMO_ABI::base {
namespace {

// From the system itself: malloc would keep freed blocks among other memory, or trim them at any time.
char* map(std::size_t bytes) {
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  // As operator new does it, so that this builds without exceptions, too.
  if (memory == MAP_FAILED) std::__throw_bad_alloc();
  return static_cast<char*>(memory);
}

void unmap(void* memory, std::size_t bytes) noexcept { (void)::munmap(memory, bytes); }

}  // namespace

BlockPool::~BlockPool() { free_all(kept_); }

char* BlockPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (Link* const block = pop(1)) {
      least_ = std::min(least_, count_);
      return reinterpret_cast<char*>(block);
    }
  }
  return map(kBlockBytes);
}

void BlockPool::give(char* block) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (count_ < most_kept_) {
      kept_ = new (block) Link{kept_};
      ++count_;
      return;
    }
    ++not_kept_;
  }
  unmap(block, kBlockBytes);
}

void BlockPool::free_unused(Time now) noexcept {
  Link* unused = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (now - looked_ < kUnusedTime) return;
    looked_ = now;
    unused = pop(least_);
    least_ = count_;
  }
  free_all(unused);
}

/// A list of as many blocks as told, or of all.
BlockPool::Link* BlockPool::pop(std::size_t count) noexcept {
  Link* popped = nullptr;
  for (; count > 0 && kept_ != nullptr; --count, --count_) {
    Link* const block = std::exchange(kept_, kept_->next);
    block->next = std::exchange(popped, block);
  }
  return popped;
}

void BlockPool::free_all(Link* first) noexcept {
  while (first != nullptr) unmap(std::exchange(first, first->next), kBlockBytes);
}

std::size_t BlockPool::kept_bytes() const noexcept {
  const std::lock_guard lock(mutex_);
  return count_ * kBlockBytes;
}

std::uint64_t BlockPool::not_kept() const noexcept {
  const std::lock_guard lock(mutex_);
  return not_kept_;
}

BlockText::~BlockText() {
  for (const Block& block : blocks_) {
    if (block.bytes == BlockPool::kBlockBytes) {
      pool_->give(block.begin);
    } else {
      unmap(block.begin, block.bytes);
    }
  }
}

std::span<char> BlockText::room(std::size_t bytes) {
  if (!blocks_.empty()) {
    const Block& last = blocks_.back();
    const std::size_t used = pieces_.back().size();
    if (last.bytes - used >= bytes) return {last.begin + used, last.bytes - used};
  }
  if (blocks_.size() == blocks_.capacity()) blocks_.reserve(2 * blocks_.size() + 1);
  if (pieces_.size() == pieces_.capacity()) pieces_.reserve(2 * pieces_.size() + 1);
  const bool is_usual = bytes <= BlockPool::kBlockBytes;
  const Block block{is_usual ? pool_->take() : map(bytes), is_usual ? BlockPool::kBlockBytes : bytes};
  blocks_.push_back(block);
  pieces_.emplace_back(block.begin, 0);
  return {block.begin, block.bytes};
}

void BlockText::wrote(std::size_t bytes) noexcept {
  std::string_view& piece = pieces_.back();
  piece = {piece.data(), piece.size() + bytes};
  size_ += bytes;
}

std::string BlockText::text() const {
  std::string all;
  all.reserve(size_);
  for (const std::string_view piece : pieces_) all += piece;
  return all;
}

}  // namespace kymo::KYMO_ABI::base
