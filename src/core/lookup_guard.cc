#include "lookup_guard.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cell_store.h"

namespace kymo::KYMO_ABI {
namespace {

bool register_for_barriers() noexcept {
#if defined(__SANITIZE_THREAD__) || defined(KYMO_CELLS_UNDER_TSAN)
  return false;  // the sanitizer does not know of membarrier
#else
  return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
#endif
}

// At load time, so that readers and grace periods always agree on the method.
struct AtLoad {
  AtLoad() noexcept {
    cells::fences_are_asymmetric.store(register_for_barriers(), std::memory_order_seq_cst);
  }
};
const AtLoad at_load;

// Every running thread executes a full fence before this returns.
void fence_all_threads() noexcept {
  static constinit std::atomic<int> fenced{0};
  fenced.exchange(0, std::memory_order_seq_cst);  // our own fence; enough where readers have theirs
  if (!cells::fences_are_asymmetric.load(std::memory_order_relaxed)) return;
  const auto fence = [] { return syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0; };
  // A forked child may have to register anew.
  if (!fence() && register_for_barriers()) fence();
}

}  // namespace

constinit std::atomic<bool> cells::fences_are_asymmetric{false};

GracePeriod::GracePeriod() {
  fence_all_threads();
  const cells::Root* root = cells::root();
  if (root == nullptr) return;
  const std::uint32_t count = root->slab_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count && i < cells::Root::kMaxSlabs; ++i) {
    const cells::Slab* slab = root->slabs[i].load(std::memory_order_acquire);
    if (slab == nullptr) continue;
    const std::uint64_t seen = slab->lookups.load(std::memory_order_acquire);
    if (seen % 2 != 0) waiting_.emplace_back(slab, seen);
  }
}

bool GracePeriod::has_passed() noexcept {
  std::erase_if(waiting_, [](const auto& reader) {
    return reader.first->lookups.load(std::memory_order_acquire) != reader.second;
  });
  return waiting_.empty();
}

}  // namespace kymo::KYMO_ABI
