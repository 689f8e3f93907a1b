#include "cell_arena.h"

#include <sys/mman.h>

#include <new>

#include "bump_allocator.h"

namespace kymo::inline v0 {
namespace {

class AnonymousArena final : public CellArena {
 public:
  struct Stretch {
    void* base = nullptr;
    std::size_t size = 0;
  };

  AnonymousArena(Stretch directory, Stretch numbers, bool wiped_on_fork) noexcept
      : directory_(directory.base, directory.size),
        numbers_(numbers.base, numbers.size),
        wiped_on_fork_(wiped_on_fork) {}

  void* allocate(Use use, std::size_t bytes, std::size_t alignment) noexcept override {
    return (use == Use::numbers ? numbers_ : directory_).allocate(bytes, alignment);
  }
  bool is_private_after_fork() const noexcept override { return wiped_on_fork_; }
  void* base() const noexcept override { return directory_.base(); }
  std::size_t used_bytes() const noexcept override { return directory_.used() + numbers_.used(); }

 private:
  BumpAllocator directory_;
  BumpAllocator numbers_;
  bool wiped_on_fork_;
};

AnonymousArena::Stretch reserve(std::size_t most) noexcept {
  constexpr std::size_t kLeast = std::size_t{1} << 23U;  // under a tight `ulimit -v`
  for (std::size_t size = most; size >= kLeast; size /= 2) {
    void* base =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) continue;
    // Huge pages would turn a table that is touched here and there into real memory.
    madvise(base, size, MADV_NOHUGEPAGE);
    return {base, size};
  }
  return {};
}

}  // namespace

CellArena* anonymous_arena() noexcept {
  const AnonymousArena::Stretch directory = reserve(std::size_t{1} << 35U);  // 32 GiB of addresses each
  const AnonymousArena::Stretch numbers = reserve(std::size_t{1} << 35U);
  if (directory.base == nullptr || numbers.base == nullptr) return nullptr;
  const bool wiped = madvise(numbers.base, numbers.size, MADV_WIPEONFORK) == 0;
  // The arena's own object lives in static storage: nothing may run its destructor.
  alignas(AnonymousArena) static std::byte storage[sizeof(AnonymousArena)];
  return new (storage) AnonymousArena(directory, numbers, wiped);
}

}  // namespace kymo::inline v0
