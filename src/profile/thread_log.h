#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <kymo/profile/profile.h>

#include "duration_buckets.h"
#include "site_table.h"

/// The records of one thread. Only that thread writes, with plain stores; readers never stop it. A log
/// outlives its thread and goes to a new one with all counts. So nothing is lost, and the most threads that
/// ever recorded at once bound the memory.
namespace kymo::KYMO_ABI::profile {

using NodeIndex = std::uint32_t;
inline constexpr NodeIndex kRoot = 0;
/// Counts the paths beyond the limit.
inline constexpr NodeIndex kOtherPaths = 1;
inline constexpr NodeIndex kMaxNodes = 4096;
/// Reserved for scopes of depth one or two: late ones still get their own paths.
inline constexpr NodeIndex kKeptForOuter = 512;
inline constexpr NodeIndex kKeptForOutermost = 256;
inline constexpr std::uint32_t kSlots = 2 * kMaxNodes;
/// Limit of slots that lead from a path back to an enclosing one; the rest is for new paths.
inline constexpr std::uint32_t kMaxFolds = kSlots / 4;
inline constexpr std::uint32_t kMaxPages = 8192;

using Word = std::atomic<std::uint64_t>;
inline constexpr auto kRelaxed = std::memory_order_relaxed;
inline constexpr auto kAcquire = std::memory_order_acquire;
inline constexpr auto kRelease = std::memory_order_release;

/// A path: a site, and the path of the enclosing scope. No site is in a path twice: a scope inside one of the
/// same site counts in the outer one's path, and inner scopes continue from there.
struct alignas(64) PathNode {
  // Written before the log's `nodes_used` includes it, never after.
  std::uint32_t site;
  NodeIndex parent;
  Word version;  ///< odd while the figures below change
  Word calls;
  Word sum;  ///< of all calls, nested ones too; nanoseconds, here and below
  Word self;
  Word min;
  Word max;
  Word errors;
  /// By octave of the duration: the number of its counting page, from 1; 0: none yet.
  std::atomic<std::uint16_t> page[buckets::kOctaves + 1];
};

struct CountPage {
  Word count[buckets::kInOctave];
};

/// An ended scope, for the trace.
struct Event {
  Word begin;  ///< raw readings of the used clock
  Word end;
  Word what;  ///< the node, and the bits below
};
inline constexpr std::uint64_t kEventInTicks = std::uint64_t{1} << 32U;
inline constexpr std::uint64_t kEventFailed = std::uint64_t{1} << 33U;

/// All zero at first: fresh kernel memory, where only touched pages are real.
struct ThreadLog {
  // The thread's own.
  std::atomic<std::uint32_t> busy;      ///< not 0: a signal handler that interrupts this thread must not
                                        ///< record
  NodeIndex current;                    ///< the innermost open scope
  std::uint64_t children;               ///< nanoseconds of the scopes inside the current one so far
  const unsigned* uncaught_exceptions;  ///< number of exceptions in flight in the thread
  Event* ring;
  std::uint64_t ring_mask;
  std::uint32_t pages_used;
  std::uint32_t folds;  ///< slots that lead back

  /// The path of a scope that ended on another thread, for this thread to leave.
  std::atomic<NodeIndex> abandoned;

  // Readers look at these.
  std::atomic<std::uint32_t> generation;  ///< of the profiler's resets; an older one: all data are void
  std::atomic<std::uint32_t> nodes_used;
  std::atomic<Event*> readable_ring;
  Word ring_size;
  Word ring_first;  ///< earlier events are void
  Word ring_begun;  ///< number of all events, with the one being written
  Word ring_next;   ///< the same without it
  std::atomic<std::int32_t> thread_id;
  Word name[2];                      ///< 16 bytes, ended by zeros
  std::atomic<std::uint32_t> alive;  ///< its thread is alive; otherwise the log is free
  std::atomic<std::uint32_t> mixed;  ///< threads of different names used it
  ThreadLog* next;                   ///< in the list of all; set once

  /// A hash table by path and site, used by the thread alone: the path in the upper half, the node in the
  /// lower one.
  std::uint32_t slots[kSlots];
  /// Total time of each site's calls, without nested ones. A scope's end sets the total before it plus its
  /// own time, so nested scopes of the site do not count twice.
  Word site_totals[kMaxSites];
  PathNode nodes[kMaxNodes];
  CountPage pages[kMaxPages];

  /// The path of a site in the current scope; made if new.
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
    std::uint64_t total_before;  ///< of its site, at its begin
    bool failed;
  };
  [[nodiscard]] Word& site_total(NodeIndex node) noexcept { return site_totals[nodes[node].site]; }
  void record(NodeIndex node, const Figures& figures) noexcept;
  void record_event(std::uint64_t begin, std::uint64_t end, std::uint64_t what) noexcept;

  /// True if one scope is, or is inside, another.
  [[nodiscard]] bool is_within(NodeIndex node, NodeIndex outer) const noexcept;

  void leave_abandoned() noexcept;

  /// Forgets all figures, and also the paths unless open scopes use them.
  void wipe() noexcept;

  /// Stores the calling thread's name and id.
  void note_thread() noexcept;
  void note_exceptions() noexcept;

  /// Null: no memory.
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
/// The kernel's name of the calling thread.
[[nodiscard]] ThreadName name_of_this_thread() noexcept;

}  // namespace kymo::KYMO_ABI::profile
