#include "cell_store.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <mutex>
#include <new>

#include <kymo/base/assert.h>
#include <kymo/core/detail/histogram_cells.h>

#include "fork_gate.h"
#include "process.h"

namespace kymo::KYMO_ABI::cells {

constinit thread_local Slab* thread_slab __attribute__((tls_model("initial-exec"))) = nullptr;
constinit std::atomic<bool> recording{true};

namespace {

// True while this thread gets its slab or a chunk. A signal handler that interrupts this uses the shared
// slab.
constinit thread_local bool busy __attribute__((tls_model("initial-exec"))) = false;
// True once this thread's slab was handed on: the thread's last destructors record into the shared slab.
constinit thread_local bool ended __attribute__((tls_model("initial-exec"))) = false;

constexpr CellId kFirstRefusalCell = kNullHistogramCell + 1;

// This copy's root, once complete; see process.h.
constinit std::atomic<Root*> known_root{nullptr};
constinit pthread_key_t at_thread_end{};

void hand_on_slab(void* slab) noexcept {
  thread_slab = nullptr;
  ended = true;
  // Else two threads would write the slab's cells without a lock.
  const std::uint32_t was = static_cast<Slab*>(slab)->leased.exchange(0, std::memory_order_release);
  KYMO_ASSERT(was == 1);
}

// Keeps two threads' numbers apart: never on one cache line, nor on two that the processor fetches together.
constexpr std::size_t kApart = 128;
constexpr std::size_t kUnit = kLinkUnit;
// Memory that a thread takes at once for its histograms' pages.
constexpr std::size_t kOwnedStretch = 4096;

void* allocate(CellArena::Use use, std::size_t bytes, std::size_t alignment) noexcept {
  return process().arena->allocate(use, bytes, alignment);
}

Slab* new_slab() noexcept {
  return static_cast<Slab*>(allocate(CellArena::Use::directory, sizeof(Slab), kApart));
}

Chunk* new_chunk(CellArena::Use use) noexcept {
  return static_cast<Chunk*>(allocate(use, sizeof(Chunk), kApart));
}

bool fits_stretch(std::uint64_t free, std::size_t bytes) noexcept {
  // A stretch ends at a multiple of its size; a fresh one, or none, begins there.
  return free % kOwnedStretch != 0 && free % kOwnedStretch + bytes <= kOwnedStretch;
}

// A chunk between two stretches would occupy a whole page alone, so it goes beside this thread's histograms.
Chunk* new_owned_chunk(Slab& slab) noexcept {
  if (!fits_stretch(slab.free_memory.load(std::memory_order_relaxed), sizeof(Chunk)))
    return new_chunk(CellArena::Use::numbers);
  return static_cast<Chunk*>(allocate_owned(slab, sizeof(Chunk)));
}

bool is_of_this_thread(const Slab* slab) noexcept {
  const Process& shared = process();
  const auto copies_end =
      shared.copies.begin() + static_cast<std::ptrdiff_t>(shared.copy_count.load(std::memory_order_acquire));
  return std::any_of(shared.copies.begin(), copies_end,
                     [slab](const Process::Copy& copy) { return copy.slab_of_this_thread() == slab; });
}

// For a thread that no longer exists.
void end_lookup(Slab& slab) noexcept {
  const std::uint64_t lookups = slab.lookups.load(std::memory_order_relaxed);
  slab.lookups.store(lookups + lookups % 2, std::memory_order_release);
}

// Every other thread is gone. Every number reads zero, if the arena can do that.
void begin_child() noexcept {
  Root* root = process().root.load(std::memory_order_acquire);
  if (root == nullptr) return;
  if (!process().arena->begin_child()) return set_recording(false);
  const std::uint32_t count = root->slab_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count && i < Root::kMaxSlabs; ++i) {
    Slab* slab = root->slabs[i].load(std::memory_order_acquire);
    if (slab == nullptr || is_of_this_thread(slab)) continue;
    slab->leased.store(0, std::memory_order_relaxed);
    // A thread in a look-up never leaves it in the child; a GracePeriod must not wait for it.
    end_lookup(*slab);
  }
}

Root* make_root(CellArena& arena) noexcept {
  auto* root = static_cast<Root*>(allocate(CellArena::Use::directory, sizeof(Root), alignof(Root)));
  if (root == nullptr || (root->shared_slab = new_slab()) == nullptr) return nullptr;
  root->magic = Root::kMagic;
  root->base = reinterpret_cast<std::uint64_t>(arena.base());
  root->cells_used.store(kCellsPerChunk, std::memory_order_relaxed);  // the first chunk is reserved
  static_assert(kFirstRefusalCell + kRefusals <= kCellsPerChunk);
  Chunk* first = new_chunk(CellArena::Use::numbers);
  if (first == nullptr) return nullptr;
  root->shared_slab->chunk[0].store(first, std::memory_order_release);
  return root;
}

Root* find_or_make_root() noexcept {
  Process& shared = process();
  const StructureLock lock(shared.cells_mutex);
  if (Root* known = known_root.load(std::memory_order_acquire)) return known;
  if (pthread_key_create(&at_thread_end, hand_on_slab) != 0) return nullptr;
  Root* root = shared.root.load(std::memory_order_acquire);
  if (root == nullptr) {
    if (shared.arena == nullptr) shared.arena = anonymous_arena();
    root = shared.arena == nullptr ? nullptr : make_root(*shared.arena);
    if (root == nullptr) {
      pthread_key_delete(at_thread_end);
      return nullptr;
    }
    shared.root.store(root, std::memory_order_release);
    watch_forks(begin_child);
  }
  known_root.store(root, std::memory_order_release);
  return root;
}

// Takes a slab that a thread left, with all counts.
Slab* adopt_slab(Root& root) noexcept {
  const std::uint32_t count = root.slab_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count && i < Root::kMaxSlabs; ++i) {
    Slab* slab = root.slabs[i].load(std::memory_order_acquire);
    std::uint32_t free = 0;
    if (slab != nullptr && slab->leased.load(std::memory_order_relaxed) == 0 &&
        slab->leased.compare_exchange_strong(free, 1, std::memory_order_acquire)) {
      // Its thread may have ended in the middle of a change, or in another process, before a fork.
      slab->busy.store(0, std::memory_order_relaxed);
      end_lookup(*slab);
      return slab;
    }
  }
  return nullptr;
}

Slab* lease_slab() noexcept {
  Root* root = cells::root();
  if (root == nullptr) return nullptr;
  Slab* slab = adopt_slab(*root);
  if (slab == nullptr && root->slab_count.load(std::memory_order_relaxed) < Root::kMaxSlabs) {
    slab = new_slab();
    if (slab == nullptr) return nullptr;
    slab->leased.store(1, std::memory_order_relaxed);
    const std::uint32_t index = root->slab_count.fetch_add(1, std::memory_order_acq_rel);
    if (index >= Root::kMaxSlabs) return nullptr;
    root->slabs[index].store(slab, std::memory_order_release);
  }
  if (slab != nullptr && pthread_setspecific(at_thread_end, slab) != 0) {
    slab->leased.store(0, std::memory_order_release);
    return nullptr;
  }
  return slab;
}

Cell* own_unguarded(CellId id) noexcept {
  if (thread_slab == nullptr) thread_slab = lease_slab();
  if (thread_slab == nullptr) return nullptr;
  std::atomic<Chunk*>& slot = thread_slab->chunk[id / kCellsPerChunk];
  if (slot.load(std::memory_order_relaxed) == nullptr) {
    Chunk* chunk = new_owned_chunk(*thread_slab);
    if (chunk == nullptr) return nullptr;
    slot.store(chunk, std::memory_order_release);
  }
  return owned(id);
}

// The shared slab's chunk must exist before anybody may record into one of its cells.
bool refill(CellPool& pool, Root& root, CellArena::Use use) noexcept {
  const CellId first = root.cells_used.load(std::memory_order_relaxed);
  if (first >= kMaxCells) return false;
  Chunk* chunk = new_chunk(use);
  if (chunk == nullptr) return false;
  root.shared_slab->chunk[first / kCellsPerChunk].store(chunk, std::memory_order_release);
  pool.next = first;
  pool.end = first + kCellsPerChunk;
  root.cells_used.store(pool.end, std::memory_order_release);
  return true;
}

bool grow_free_list(CellPool& pool) noexcept {
  const std::size_t capacity = pool.free_capacity == 0 ? 1024 : pool.free_capacity * 2;
  auto* grown = new (std::nothrow) CellId[capacity];
  if (grown == nullptr) return false;
  std::copy_n(pool.free, pool.free_count, grown);
  delete[] pool.free;
  pool.free = grown;
  pool.free_capacity = capacity;
  return true;
}

CellPool& pool_of(CellArena::Use use) noexcept { return process().pools[static_cast<std::size_t>(use)]; }

}  // namespace

bool use_arena(CellArena* arena) noexcept {
  const StructureLock lock(process().cells_mutex);
  if (process().root.load(std::memory_order_acquire) != nullptr) return false;
  process().arena = arena;
  return true;
}

Root* root() noexcept {
  Root* known = known_root.load(std::memory_order_acquire);
  return known != nullptr ? known : find_or_make_root();
}

void* allocate_shared(std::size_t bytes) noexcept { return allocate(CellArena::Use::numbers, bytes, kApart); }

void* allocate_owned(Slab& slab, std::size_t bytes) noexcept {
  const std::size_t rounded = (bytes + kUnit - 1) / kUnit * kUnit;
  if (rounded > kOwnedStretch / 2) return allocate_shared(bytes);
  std::uint64_t free = slab.free_memory.load(std::memory_order_relaxed);
  for (;;) {
    if (!fits_stretch(free, rounded)) {
      void* stretch = allocate(CellArena::Use::numbers, kOwnedStretch, kOwnedStretch);
      if (stretch == nullptr) return nullptr;
      // A signal handler may have run meanwhile; only the rest of its stretch is lost.
      slab.free_memory.store(reinterpret_cast<std::uint64_t>(stretch) + rounded, std::memory_order_relaxed);
      return stretch;
    }
    if (exchange_owned(slab.free_memory, free, free + rounded)) return reinterpret_cast<void*>(free);
  }
}

Slab* lease() noexcept {
  if (thread_slab != nullptr) return thread_slab;
  static_cast<void>(own(kNullCell));
  return thread_slab;
}

Cell* own(CellId id) noexcept {
  // Unregistered instruments record into nothing, and need no memory for that.
  if (busy || ended || (id == kNullCell && known_root.load(std::memory_order_acquire) == nullptr))
    return nullptr;
  const int saved_errno = errno;
  busy = true;
  Cell* cell = own_unguarded(id);
  busy = false;
  errno = saved_errno;
  return cell;
}

Cell* shared(CellId id) noexcept {
  static constinit Cell nowhere{0};
  if (id == kNullCell) return &nowhere;
  const Root* made = root();
  if (made == nullptr) return &nowhere;
  Chunk* chunk = made->shared_slab->chunk[id / kCellsPerChunk].load(std::memory_order_acquire);
  return chunk == nullptr ? &nowhere : &chunk->cell[id % kCellsPerChunk];
}

void add_slow(CellId id, std::uint64_t n) noexcept {
  if (Cell* cell = own(id)) {
    add_owned(*cell, n);
  } else {
    shared(id)->fetch_add(n, std::memory_order_relaxed);
  }
}

void add_double_slow(CellId id, double value) noexcept {
  if (Cell* cell = own(id)) return add_owned_double(*cell, value);
  Cell* cell = shared(id);
  std::uint64_t seen = cell->load(std::memory_order_relaxed);
  while (!cell->compare_exchange_weak(seen, std::bit_cast<std::uint64_t>(std::bit_cast<double>(seen) + value),
                                      std::memory_order_relaxed)) {
  }
}

CellId allocate_cell(CellArena::Use use) noexcept {
  Root* made = root();
  if (made == nullptr) return kNullCell;
  Process& shared = process();
  const StructureLock lock(shared.cells_mutex);
  CellPool& pool = pool_of(use);
  if (pool.free_count == 0 && pool.next == pool.end && !refill(pool, *made, use)) return kNullCell;
  ++shared.cells_in_use;
  return pool.free_count > 0 ? pool.free[--pool.free_count] : pool.next++;
}

void free_cell(CellId id, CellArena::Use use) noexcept {
  if (id < kCellsPerChunk) return;
  for_each_cell(id, [](Cell& cell) { cell.store(0, std::memory_order_relaxed); });
  Process& shared = process();
  const StructureLock lock(shared.cells_mutex);
  --shared.cells_in_use;
  CellPool& pool = pool_of(use);
  // Without memory for the list the cell is not reused: 8 bytes are lost, nothing breaks.
  if (pool.free_count == pool.free_capacity && !grow_free_list(pool)) return;
  pool.free[pool.free_count++] = id;
}

CellReader::CellReader() {
  const Root* store = root();
  if (store == nullptr) return;
  slabs_.push_back(store->shared_slab);
  const std::uint32_t count = store->slab_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count && i < Root::kMaxSlabs; ++i) {
    const Slab* slab = store->slabs[i].load(std::memory_order_acquire);
    if (slab != nullptr) slabs_.push_back(slab);
  }
}

std::uint64_t sum(CellId id) noexcept {
  std::uint64_t total = 0;
  for_each_cell(id, [&](const Cell& cell) { total += cell.load(std::memory_order_relaxed); });
  return total;
}

double sum_double(CellId id) noexcept {
  // Clamp each one: the sums of two threads may be infinities of opposite sign.
  constexpr double kMost = std::numeric_limits<double>::max();
  double total = 0;
  for_each_cell(id, [&](const Cell& cell) {
    const auto sum = std::bit_cast<double>(cell.load(std::memory_order_relaxed));
    total = std::clamp(total + std::clamp(sum, -kMost, kMost), -kMost, kMost);
  });
  return total;
}

void refuse(Refusal reason) noexcept { add(kFirstRefusalCell + static_cast<CellId>(reason), 1); }

std::uint64_t refused(Refusal reason) noexcept {
  return sum(kFirstRefusalCell + static_cast<CellId>(reason));
}

Usage usage() noexcept {
  Process& shared = process();
  const Root* made = shared.root.load(std::memory_order_acquire);
  if (made == nullptr) return {};
  const StructureLock lock(shared.cells_mutex);
  return {.cells = shared.cells_in_use,
          .slabs = made->slab_count.load(std::memory_order_relaxed),
          .bytes = shared.arena->used_bytes(),
          .refused = shared.arena->refused()};
}

}  // namespace kymo::KYMO_ABI::cells
