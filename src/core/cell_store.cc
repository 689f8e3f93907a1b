#include "cell_store.h"

#include <pthread.h>

#include <cerrno>
#include <mutex>
#include <new>

#include "fork_gate.h"

namespace kymo::inline v0::cells {

constinit thread_local Slab* thread_slab __attribute__((tls_model("initial-exec"))) = nullptr;
constinit std::atomic<bool> recording{true};

namespace {

// Set while this thread is getting its slab or a chunk, so that a signal handler that interrupts it uses the
// shared slab.
constinit thread_local bool busy __attribute__((tls_model("initial-exec"))) = false;
// Set when this thread's slab was handed on: what its last destructors record goes to the shared slab.
constinit thread_local bool ended __attribute__((tls_model("initial-exec"))) = false;

constexpr CellId kFirstRefusalCell = kNullHistogramCell + 1;
constexpr CellId kFirstFreeCell = kFirstRefusalCell + kRefusals;

// All of it constant-initialised and trivially destroyed.
struct Store {
  std::atomic<Root*> root{nullptr};
  CellArena* arena = nullptr;
  pthread_key_t at_thread_end{};
  std::mutex mutex;  // making the store; allocating and freeing cells; never while recording
  CellId* free_cells = nullptr;
  std::size_t free_count = 0;
  std::size_t free_capacity = 0;
};
constinit Store store;

void hand_on_slab(void* slab) noexcept {
  thread_slab = nullptr;
  ended = true;
  static_cast<Slab*>(slab)->leased.store(0, std::memory_order_release);
}

// No two threads' numbers on one cache line, nor on two that the processor fetches together.
constexpr std::size_t kApart = 128;
constexpr std::size_t kUnit = 32;
// What a thread takes at once for its histograms' pages.
constexpr std::size_t kOwnedStretch = 4096;

void* allocate(CellArena::Use use, std::size_t bytes, std::size_t alignment) noexcept {
  return store.arena->allocate(use, bytes, alignment);
}

Slab* new_slab() noexcept {
  return static_cast<Slab*>(allocate(CellArena::Use::directory, sizeof(Slab), kApart));
}

Chunk* new_chunk() noexcept {
  return static_cast<Chunk*>(allocate(CellArena::Use::numbers, sizeof(Chunk), kApart));
}

// Every other thread is gone, and every number reads zero, if the arena is one that can do so.
void begin_child() noexcept {
  Root* root = store.root.load(std::memory_order_acquire);
  if (root == nullptr) return;
  if (!store.arena->is_private_after_fork()) return set_recording(false);
  const std::uint32_t count = root->slab_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count && i < Root::kMaxSlabs; ++i) {
    Slab* slab = root->slabs[i].load(std::memory_order_acquire);
    if (slab == nullptr || slab == thread_slab) continue;
    slab->lookups.store(0, std::memory_order_relaxed);
    slab->leased.store(0, std::memory_order_relaxed);
  }
}

Root* make_root() noexcept {
  const StructureLock lock(store.mutex);
  if (Root* made = store.root.load(std::memory_order_acquire)) return made;
  if (store.arena == nullptr) store.arena = anonymous_arena();
  if (store.arena == nullptr || pthread_key_create(&store.at_thread_end, hand_on_slab) != 0) return nullptr;
  auto* root = static_cast<Root*>(allocate(CellArena::Use::directory, sizeof(Root), alignof(Root)));
  if (root == nullptr || (root->shared_slab = new_slab()) == nullptr) return nullptr;
  root->magic = Root::kMagic;
  root->base = reinterpret_cast<std::uint64_t>(store.arena->base());
  root->cells_used.store(kFirstFreeCell, std::memory_order_relaxed);
  Chunk* first = new_chunk();
  if (first == nullptr) return nullptr;
  root->shared_slab->chunk[0].store(first, std::memory_order_release);
  store.root.store(root, std::memory_order_release);
  watch_forks(begin_child);
  return root;
}

// A slab that a thread left behind, counts and all.
Slab* adopt_slab(Root& root) noexcept {
  const std::uint32_t count = root.slab_count.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count && i < Root::kMaxSlabs; ++i) {
    Slab* slab = root.slabs[i].load(std::memory_order_acquire);
    std::uint32_t free = 0;
    if (slab != nullptr && slab->leased.load(std::memory_order_relaxed) == 0 &&
        slab->leased.compare_exchange_strong(free, 1, std::memory_order_acquire)) {
      return slab;
    }
  }
  return nullptr;
}

Slab* lease_slab() noexcept {
  Root* root = store.root.load(std::memory_order_acquire);
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
  if (slab != nullptr && pthread_setspecific(store.at_thread_end, slab) != 0) {
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
    Chunk* chunk = new_chunk();
    if (chunk == nullptr) return nullptr;
    slot.store(chunk, std::memory_order_release);
  }
  return owned(id);
}

// The chunk of the shared slab must stand before anybody may record into a cell of it.
bool prepare_shared_chunk(Root& root, CellId id) noexcept {
  std::atomic<Chunk*>& slot = root.shared_slab->chunk[id / kCellsPerChunk];
  if (slot.load(std::memory_order_acquire) != nullptr) return true;
  Chunk* chunk = new_chunk();
  if (chunk == nullptr) return false;
  slot.store(chunk, std::memory_order_release);
  return true;
}

bool grow_free_list() noexcept {
  const std::size_t capacity = store.free_capacity == 0 ? 1024 : store.free_capacity * 2;
  auto* grown = new (std::nothrow) CellId[capacity];
  if (grown == nullptr) return false;
  for (std::size_t i = 0; i < store.free_count; ++i) grown[i] = store.free_cells[i];
  delete[] store.free_cells;
  store.free_cells = grown;
  store.free_capacity = capacity;
  return true;
}

}  // namespace

bool use_arena(CellArena* arena) noexcept {
  const StructureLock lock(store.mutex);
  if (store.root.load(std::memory_order_acquire) != nullptr) return false;
  store.arena = arena;
  return true;
}

Root* root() noexcept {
  Root* made = store.root.load(std::memory_order_acquire);
  return made != nullptr ? made : make_root();
}

void* allocate_shared(std::size_t bytes) noexcept { return allocate(CellArena::Use::numbers, bytes, kApart); }

void* allocate_owned(Slab& slab, std::size_t bytes) noexcept {
  const std::size_t rounded = (bytes + kUnit - 1) / kUnit * kUnit;
  if (rounded > kOwnedStretch / 2) return allocate_shared(bytes);
  std::uint64_t free = slab.free_memory.load(std::memory_order_relaxed);
  for (;;) {
    // A stretch ends at a multiple of its size; a fresh one, or none, begins there.
    if (free % kOwnedStretch == 0 || free % kOwnedStretch + rounded > kOwnedStretch) {
      void* stretch = allocate(CellArena::Use::numbers, kOwnedStretch, kOwnedStretch);
      if (stretch == nullptr) return nullptr;
      // A signal handler may have been here meanwhile; what is left of its stretch is lost, nothing else.
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
  if (busy || ended) return nullptr;
  const int saved_errno = errno;
  busy = true;
  Cell* cell = own_unguarded(id);
  busy = false;
  errno = saved_errno;
  return cell;
}

Cell* shared(CellId id) noexcept {
  // Before the first registration there is only the null cell to record into.
  static constinit Cell nowhere{0};
  const Root* made = store.root.load(std::memory_order_acquire);
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

CellId allocate_cell() noexcept {
  Root* made = root();
  if (made == nullptr) return kNullCell;
  const StructureLock lock(store.mutex);
  if (store.free_count > 0) return store.free_cells[--store.free_count];
  const CellId id = made->cells_used.load(std::memory_order_relaxed);
  if (id >= kMaxCells || !prepare_shared_chunk(*made, id)) return kNullCell;
  made->cells_used.store(id + 1, std::memory_order_release);
  return id;
}

void free_cell(CellId id) noexcept {
  if (id < kFirstFreeCell) return;
  for_each_cell(id, [](Cell& cell) { cell.store(0, std::memory_order_relaxed); });
  const StructureLock lock(store.mutex);
  // Without memory for the list the cell is not used again: 8 bytes lost, nothing wrong.
  if (store.free_count == store.free_capacity && !grow_free_list()) return;
  store.free_cells[store.free_count++] = id;
}

std::uint64_t sum(CellId id) noexcept {
  std::uint64_t total = 0;
  for_each_cell(id, [&](const Cell& cell) { total += cell.load(std::memory_order_relaxed); });
  return total;
}

double sum_double(CellId id) noexcept {
  double total = 0;
  for_each_cell(
      id, [&](const Cell& cell) { total += std::bit_cast<double>(cell.load(std::memory_order_relaxed)); });
  return total;
}

void refuse(Refusal reason) noexcept { add(kFirstRefusalCell + static_cast<CellId>(reason), 1); }

std::uint64_t refused(Refusal reason) noexcept {
  return sum(kFirstRefusalCell + static_cast<CellId>(reason));
}

Usage usage() noexcept {
  const Root* made = store.root.load(std::memory_order_acquire);
  if (made == nullptr) return {};
  const StructureLock lock(store.mutex);
  return {made->cells_used.load(std::memory_order_relaxed) - store.free_count,
          made->slab_count.load(std::memory_order_relaxed), store.arena->used_bytes()};
}

}  // namespace kymo::inline v0::cells
