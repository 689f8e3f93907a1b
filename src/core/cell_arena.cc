#include "cell_arena.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

namespace kymo::KYMO_ABI {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20U;
constexpr std::size_t kMost = std::size_t{1} << 35U;  // the reach of a link between pages
constexpr std::size_t kLeast = 4 * kMiB;              // one thread's table and what comes with it
constexpr std::size_t kAtFirst = 64 * kMiB;           // tables of some 30 threads
constexpr std::size_t kStep = 2 * kMiB;
constexpr std::uint32_t kAskAgain = 1024;

bool is_locked_memory_limited() noexcept {
  rlimit limit{};
  return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

/// A range of addresses that becomes memory from its start, in steps. The range is reserved in steps, too, so
/// that a limit on addresses that comes later leaves room for the host program.
class Stretch final {
 public:
  /// No base: nothing could be reserved.
  explicit Stretch(std::size_t most) noexcept : Stretch(reserve(most)) {}

  /// Async-signal-safe: if two threads make the same step at once, the second has no effect.
  [[nodiscard]] void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
    std::size_t used = used_.load(std::memory_order_relaxed);
    for (;;) {
      const std::size_t begin = (used + alignment - 1) / alignment * alignment;
      if (begin > most_ || bytes > most_ - begin || !make_usable(begin + bytes)) return nullptr;
      if (used_.compare_exchange_weak(used, begin + bytes, std::memory_order_relaxed)) return base_ + begin;
    }
  }

  [[nodiscard]] std::byte* base() const noexcept { return base_; }
  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  /// Makes the kernel wipe all of it in a forked child; false if the kernel cannot.
  [[nodiscard]] bool wipe_on_fork() noexcept {
    is_wiped_ = madvise(base_, reserved_, MADV_WIPEONFORK) == 0;
    return is_wiped_;
  }

 private:
  struct Reserved {
    void* base = nullptr;
    std::size_t most = 0;
    std::size_t size = 0;
  };

  explicit Stretch(Reserved reserved) noexcept
      : base_(static_cast<std::byte*>(reserved.base)), most_(reserved.most), reserved_(reserved.size) {}

  static void* map(void* where, std::size_t size, int flags) noexcept {
    void* base = mmap(where, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
    if (base == MAP_FAILED) return nullptr;
    // Huge pages would make a sparsely touched table real memory.
    madvise(base, size, MADV_NOHUGEPAGE);
    // After mlockall(MCL_FUTURE) reserved addresses count as locked memory, which is limited and belongs to
    // the host program.
    if (is_locked_memory_limited()) munlock(base, size);
    return base;
  }

  static Reserved reserve(std::size_t most) noexcept {
    for (std::size_t size = most; size >= kLeast; size /= 2) {
      void* base = map(nullptr, size, 0);
      if (base == nullptr) continue;
      // The kernel gives addresses from the top of a hole, so those above this beginning stay free for long.
      const std::size_t at_first = std::min(size, kAtFirst);
      if (at_first < size) munmap(static_cast<std::byte*>(base) + at_first, size - at_first);
      return {base, size, at_first};
    }
    return {};
  }

  bool reserve_up_to(std::size_t end) noexcept {
    constexpr int kLooks = 1000;  // for another thread that is between its mapping and its note of it
    for (int looks = 0; looks < kLooks; ++looks) {
      const std::size_t reserved = reserved_.load(std::memory_order_acquire);
      if (end <= reserved) return true;
      const std::size_t least = (end - reserved + kStep - 1) / kStep * kStep;
      for (const std::size_t wanted : {std::max(reserved, least), least}) {
        if (grow(reserved, std::min(wanted, most_ - reserved))) return true;
      }
    }
    return false;
  }

  /// Never replaces what lies there: MAP_FIXED_NOREPLACE is a mere wish before Linux 4.17.
  bool grow(std::size_t reserved, std::size_t more) noexcept {
    void* const place = base_ + reserved;
    void* const base = map(place, more, MAP_FIXED_NOREPLACE);
    if (base == nullptr) return false;
    if (base != place || (is_wiped_ && madvise(base, more, MADV_WIPEONFORK) != 0)) {
      munmap(base, more);
      return false;
    }
    reserved_.store(reserved + more, std::memory_order_release);
    return true;
  }

  bool make_usable(std::size_t end) noexcept {
    std::size_t usable = usable_.load(std::memory_order_acquire);
    if (end <= usable) return true;
    // A thread without memory retries at each record: a retry must not cost a system call each time.
    if (denied_.load(std::memory_order_relaxed) > 0 &&
        denied_.fetch_add(1, std::memory_order_relaxed) % kAskAgain != 0)
      return false;
    const std::size_t wanted = std::min((end + kStep - 1) / kStep * kStep, most_);
    if (!reserve_up_to(wanted) || mprotect(base_ + usable, wanted - usable, PROT_READ | PROT_WRITE) != 0) {
      denied_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    denied_.store(0, std::memory_order_relaxed);
    while (usable < wanted && !usable_.compare_exchange_weak(usable, wanted, std::memory_order_release)) {
    }
    return true;
  }

  std::byte* base_;
  std::size_t most_;
  bool is_wiped_ = false;
  std::atomic<std::size_t> reserved_;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> usable_{0};
  std::atomic<std::uint32_t> denied_{0};  ///< since the last successful step
};

class AnonymousArena final : public CellArena {
 public:
  explicit AnonymousArena(std::size_t most) noexcept
      : directory_(most), numbers_(most), wiped_on_fork_(exists() && numbers_.wipe_on_fork()) {}

  [[nodiscard]] bool exists() const noexcept {
    return directory_.base() != nullptr && numbers_.base() != nullptr;
  }

  void* allocate(Use use, std::size_t bytes, std::size_t alignment) noexcept override {
    void* given = (use == Use::numbers ? numbers_ : directory_).allocate(bytes, alignment);
    if (given == nullptr) refused_.fetch_add(1, std::memory_order_relaxed);
    return given;
  }
  /// Wiping by hand copies pages that the child would share with its parent. Kernels or system call filters
  /// that refuse MADV_WIPEONFORK are rare.
  bool begin_child() noexcept override {
    if (!wiped_on_fork_) std::memset(numbers_.base(), 0, numbers_.used());
    return true;
  }
  void* base() const noexcept override { return directory_.base(); }
  std::size_t used_bytes() const noexcept override { return directory_.used() + numbers_.used(); }
  std::uint64_t refused() const noexcept override { return refused_.load(std::memory_order_relaxed); }

 private:
  Stretch directory_;
  Stretch numbers_;
  bool wiped_on_fork_;
  std::atomic<std::uint64_t> refused_{0};
};

/// A sixteenth of the process' address limit, for each of the two uses.
std::size_t most_addresses() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kMost;
  return std::clamp(static_cast<std::size_t>(limit.rlim_cur) / 16 / kStep * kStep, kLeast, kMost);
}

}  // namespace

CellArena* anonymous_arena() noexcept {
  // Static storage without a destructor: the arena must outlive every static object.
  alignas(AnonymousArena) static std::byte storage[sizeof(AnonymousArena)];
  auto* arena = new (storage) AnonymousArena(most_addresses());
  return arena->exists() ? arena : nullptr;
}

}  // namespace kymo::KYMO_ABI
