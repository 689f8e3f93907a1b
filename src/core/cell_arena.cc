#include "cell_arena.h"

#include <sys/mman.h>

#include <new>

#include "bump_allocator.h"

namespace kymo::inline v0 {
namespace {

class AnonymousArena final : public CellArena {
 public:
  AnonymousArena(void* base, std::size_t size) noexcept : bump_(base, size) {}

  void* allocate(std::size_t bytes, std::size_t alignment) noexcept override {
    return bump_.allocate(bytes, alignment);
  }
  void* base() const noexcept override { return bump_.base(); }
  std::size_t used_bytes() const noexcept override { return bump_.used(); }

 private:
  BumpAllocator bump_;
};

void* reserve(std::size_t bytes) noexcept {
  void* memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

CellArena* anonymous_arena() noexcept {
  constexpr std::size_t kMost = std::size_t{1} << 36U;   // 64 GiB of addresses
  constexpr std::size_t kLeast = std::size_t{1} << 24U;  // under a tight `ulimit -v`
  for (std::size_t size = kMost; size >= kLeast; size /= 2) {
    void* base = reserve(size);
    if (base == nullptr) continue;
    // Huge pages would turn a table that is touched here and there into real memory.
    madvise(base, size, MADV_NOHUGEPAGE);
    // The arena's own object lives in static storage: nothing may run its destructor.
    alignas(AnonymousArena) static std::byte storage[sizeof(AnonymousArena)];
    return new (storage) AnonymousArena(base, size);
  }
  return nullptr;
}

}  // namespace kymo::inline v0
