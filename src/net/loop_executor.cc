#include "loop_executor.h"

#include <functional>

namespace kymo::KYMO_ABI::net {

Reserve::Reserve(std::size_t blocks) : size_(blocks), blocks_(std::make_unique<Block[]>(blocks)) {
  for (std::size_t i = 0; i < blocks; ++i) {
    blocks_[i].next = free_;
    free_ = &blocks_[i];
  }
}

void* Reserve::allocate(std::size_t bytes) {
  if (void* memory = ::operator new(bytes, std::nothrow)) return memory;
  const std::lock_guard lock(mutex_);
  if (bytes > kBlockBytes || free_ == nullptr) throw std::bad_alloc();
  return std::exchange(free_, free_->next);
}

void Reserve::deallocate(void* memory) noexcept {
  // Only std::less orders pointers of different arrays.
  const bool is_block =
      !std::less<void*>()(memory, blocks_.get()) && std::less<void*>()(memory, blocks_.get() + size_);
  if (!is_block) return ::operator delete(memory);
  const std::lock_guard lock(mutex_);
  auto* block = static_cast<Block*>(memory);
  block->next = std::exchange(free_, block);
}

}  // namespace kymo::KYMO_ABI::net
