#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <kymo/profile/profile.h>

#include "duration_buckets.h"
#include "site_table.h"

/// What one thread records. Only that thread writes it, with plain stores; readers look on and stop nobody.
/// A log outlives its thread and is then handed on to a new one, counts and all, so that nothing is lost and
/// the memory is bounded by the most threads that ever recorded at once.
namespace kymo::KYMO_ABI::profile {

using NodeIndex = std::uint32_t;
inline constexpr NodeIndex kRoot = 0;
/// Where paths are counted that there is no room for.
inline constexpr NodeIndex kOtherPaths = 1;
inline constexpr NodeIndex kMaxNodes = 4096;
/// Of them, those that only scopes in none or in one other scope get: what begins late has a path of its own.
inline constexpr NodeIndex kKeptForOuter = 512;
inline constexpr NodeIndex kKeptForOutermost = 256;
inline constexpr std::uint32_t kSlots = 2 * kMaxNodes;
/// So many slots may lead from a path back to one that it is in; the rest is for a path's own.
inline constexpr std::uint32_t kMaxFolds = kSlots / 4;
inline constexpr std::uint32_t kMaxPages = 8192;

using Word = std::atomic<std::uint64_t>;
inline constexpr auto kRelaxed = std::memory_order_relaxed;
inline constexpr auto kAcquire = std::memory_order_acquire;
inline constexpr auto kRelease = std::memory_order_release;

/// A path: a site, and the path of the scope that it was in. No site is in a path twice: a scope inside one
/// of the same site is counted in that one's path, and what is inside it goes on from there.
struct alignas(64) PathNode {
  // Written before the log's `nodes_used` tells of it, never after.
  std::uint32_t site;
  NodeIndex parent;
  Word version;  ///< odd while the figures below change
  Word calls;
  Word sum;  ///< of all calls, those inside one another too; nanoseconds, here and below
  Word self;
  Word min;
  Word max;
  Word errors;
  /// By octave of the duration: the number of the page that counts it, from 1; 0: none yet.
  std::atomic<std::uint16_t> page[buckets::kOctaves + 1];
};

struct CountPage {
  Word count[buckets::kInOctave];
};

/// A scope that ended, for the trace.
struct Event {
  Word begin;  ///< readings of the clock that was used
  Word end;
  Word what;  ///< the node; and the bits below
};
inline constexpr std::uint64_t kEventInTicks = std::uint64_t{1} << 32U;
inline constexpr std::uint64_t kEventFailed = std::uint64_t{1} << 33U;

/// All zero at first: it lies in fresh memory of the kernel's, of which only what is touched is really there.
struct ThreadLog {
  // The thread's own.
  std::atomic<std::uint32_t> busy;      ///< a signal handler that interrupts it now must not record
  NodeIndex current;                    ///< the innermost open scope
  std::uint64_t children;               ///< nanoseconds that scopes inside the current one took so far
  const unsigned* uncaught_exceptions;  ///< how many fly in the thread now
  Event* ring;
  std::uint64_t ring_mask;
  std::uint32_t pages_used;
  std::uint32_t folds;  ///< slots that lead back

  /// The path of a scope that ended on another thread, for this one to leave.
  std::atomic<NodeIndex> abandoned;

  // Readers look at these.
  std::atomic<std::uint32_t> generation;  ///< of the profiler's resets; an older one: nothing is valid
  std::atomic<std::uint32_t> nodes_used;
  std::atomic<Event*> readable_ring;
  Word ring_size;
  Word ring_first;  ///< events before it are void
  Word ring_begun;  ///< how many there ever were, with the one that is being written
  Word ring_next;   ///< without it
  std::atomic<std::int32_t> thread_id;
  Word name[2];                      ///< 16 bytes, ended by zeros
  std::atomic<std::uint32_t> alive;  ///< its thread is; else it can be had
  std::atomic<std::uint32_t> mixed;  ///< threads of different names had it
  ThreadLog* next;                   ///< in the list of all; set once

  /// A hash table by path and site, the thread's own: the path in the upper half, the node in the lower one.
  std::uint32_t slots[kSlots];
  /// By site: what its calls took, without those inside one another. A scope that ends sets what was before
  /// it, plus its own time; so the time of scopes of that site inside it is not there twice.
  Word site_totals[kMaxSites];
  PathNode nodes[kMaxNodes];
  CountPage pages[kMaxPages];

  /// The path of a site in the current scope, made where it is new.
  [[nodiscard]] NodeIndex child(std::uint32_t site) noexcept {
    std::uint32_t slot = slot_of(current, site);
    for (;;) {
      const std::uint32_t entry = slots[slot];
      if (entry == 0) return add_child(site, slot);
      const NodeIndex node = entry % kMaxNodes;
      if (entry / kMaxNodes == current && nodes[node].site == site) [[likely]]
        return node;
      slot = (slot + 1) % kSlots;
    }
  }

  struct Figures {
    std::uint64_t ns;
    std::uint64_t self;
    std::uint64_t total_before;  ///< of its site, when it began
    bool failed;
  };
  [[nodiscard]] Word& site_total(NodeIndex node) noexcept { return site_totals[nodes[node].site]; }
  void record(NodeIndex node, const Figures& figures) noexcept;
  void record_event(std::uint64_t begin, std::uint64_t end, std::uint64_t what) noexcept;

  /// Whether one scope is, or is in, another.
  [[nodiscard]] bool is_within(NodeIndex node, NodeIndex outer) const noexcept;

  void leave_abandoned() noexcept;

  /// Forgets all figures; and the paths, unless scopes are open that stand in them.
  void wipe() noexcept;

  /// Takes the calling thread's name and id.
  void note_thread() noexcept;
  void note_exceptions() noexcept;

  /// Null: there is no memory.
  [[nodiscard]] static ThreadLog* map() noexcept;
  void map_ring(std::size_t events) noexcept;

 private:
  [[nodiscard]] static std::uint32_t slot_of(NodeIndex parent, std::uint32_t site) noexcept {
    constexpr unsigned kBits = 13;
    static_assert(1U << kBits == kSlots);
    static_assert(kMaxNodes + kMaxFolds < kSlots);
    return (parent * 0x9E3779B1U ^ site * 0x85EBCA77U) >> (32 - kBits);
  }
  [[nodiscard]] NodeIndex add_child(std::uint32_t site, std::uint32_t slot) noexcept;
  [[nodiscard]] NodeIndex around_current(std::uint32_t site) const noexcept;
  [[nodiscard]] bool has_room_for_child() const noexcept;
  void count(PathNode& node, std::uint64_t ns) noexcept;
};

using ThreadName = std::array<char, 16>;
/// What the kernel calls the calling thread.
[[nodiscard]] ThreadName name_of_this_thread() noexcept;

}  // namespace kymo::KYMO_ABI::profile
