#include "thread_log.h"

#include <cxxabi.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>

#include "site_table.h"

namespace kymo::KYMO_ABI::profile {
namespace {

/// For a word that only this thread writes. The release makes a reader of the new value also see the node's
/// odd version.
void add(Word& word, std::uint64_t more) noexcept { word.store(word.load(kRelaxed) + more, kRelease); }

void* map_memory(std::size_t bytes) noexcept {
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  // Huge pages: one touch would make two megabytes real.
  (void)::madvise(memory, bytes, MADV_NOHUGEPAGE);
  return memory;
}

}  // namespace

ThreadName name_of_this_thread() noexcept {
  ThreadName name{};
  (void)::prctl(PR_GET_NAME, name.data());
  return name;
}

ThreadLog* ThreadLog::map() noexcept {
  auto* const log = static_cast<ThreadLog*>(map_memory(sizeof(ThreadLog)));
  if (log == nullptr) return nullptr;
  log->nodes[kOtherPaths].site = kOtherSites;
  log->nodes_used.store(kOtherPaths + 1, kRelease);
  return log;
}

void ThreadLog::map_ring(std::size_t events) noexcept {
  if (events == 0 || ring != nullptr) return;
  ring = static_cast<Event*>(map_memory(events * sizeof(Event)));
  if (ring == nullptr) return;
  ring_mask = events - 1;
  ring_size.store(events, kRelaxed);
  readable_ring.store(ring, kRelease);
}

void ThreadLog::note_thread() noexcept {
  const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(name_of_this_thread());
  name[0].store(words[0], kRelaxed);
  name[1].store(words[1], kRelaxed);
  thread_id.store(::gettid(), kRelaxed);
}

/// std::uncaught_exceptions() looks the thread's storage up at each call, through libraries, and a scope
/// calls it twice. Source: Itanium C++ ABI, 2.2.2, `__cxa_eh_globals`: a pointer, then that number.
void ThreadLog::note_exceptions() noexcept {
  const auto* const globals = reinterpret_cast<const std::byte*>(abi::__cxa_get_globals());
  uncaught_exceptions = reinterpret_cast<const unsigned*>(globals + sizeof(void*));
}

/// The path of this site that is, or encloses, the current one.
NodeIndex ThreadLog::around_current(std::uint32_t site) const noexcept {
  NodeIndex node = current;
  while (node != kRoot && nodes[node].site != site) node = nodes[node].parent;
  return node;
}

bool ThreadLog::has_room_for_child() const noexcept {
  const bool is_outer = nodes[current].parent == kRoot;  // the current one, or there is none
  const NodeIndex kept = current == kRoot ? 0 : is_outer ? kKeptForOutermost : kKeptForOuter;
  return nodes_used.load(kRelaxed) < kMaxNodes - kept;
}

NodeIndex ThreadLog::add_child(std::uint32_t site, std::uint32_t slot) noexcept {
  if (current == kOtherPaths) return kOtherPaths;
  const std::uint32_t key = current * kMaxNodes;
  if (const NodeIndex around = around_current(site); around != kRoot) {
    // Without a slot, the same walk finds it the next time.
    if (folds < kMaxFolds) {
      ++folds;
      slots[slot] = key + around;
    }
    return around;
  }
  if (!has_room_for_child()) return kOtherPaths;
  note_thread();  // threads are often named after their begin
  const NodeIndex node = nodes_used.load(kRelaxed);
  nodes[node].site = site;
  nodes[node].parent = current;
  nodes_used.store(node + 1, kRelease);
  slots[slot] = key + node;
  return node;
}

bool ThreadLog::is_within(NodeIndex node, NodeIndex outer) const noexcept {
  while (node > outer) node = nodes[node].parent;  // parents come first
  return node == outer;
}

void ThreadLog::leave_abandoned() noexcept {
  const NodeIndex node = abandoned.exchange(kRoot, kRelaxed);
  if (is_within(current, node)) current = nodes[node].parent;
}

void ThreadLog::count(PathNode& node, std::uint64_t ns) noexcept {
  const std::uint32_t index = buckets::index_of(ns);
  std::atomic<std::uint16_t>& link = node.page[index / buckets::kInOctave];
  std::uint16_t page = link.load(kRelaxed);
  if (page == 0) [[unlikely]] {
    if (pages_used == kMaxPages) return;
    page = static_cast<std::uint16_t>(++pages_used);
    link.store(page, kRelaxed);
  }
  Word& bucket = pages[page - 1].count[index % buckets::kInOctave];
  bucket.store(bucket.load(kRelaxed) + 1, kRelaxed);
}

void ThreadLog::record(NodeIndex index, const Figures& figures) noexcept {
  PathNode& node = nodes[index];
  const std::uint64_t version = node.version.load(kRelaxed);
  const std::uint64_t calls = node.calls.load(kRelaxed);
  node.version.store(version + 1, kRelaxed);
  node.calls.store(calls + 1, kRelease);
  add(node.sum, figures.ns);
  site_totals[node.site].store(figures.total_before + figures.ns, kRelaxed);
  add(node.self, figures.self);
  if (calls == 0 || figures.ns < node.min.load(kRelaxed)) [[unlikely]]
    node.min.store(figures.ns, kRelease);
  if (figures.ns > node.max.load(kRelaxed)) [[unlikely]]
    node.max.store(figures.ns, kRelease);
  if (figures.failed) [[unlikely]]
    add(node.errors, 1);
  node.version.store(version + 2, kRelease);
  count(node, figures.ns);
}

void ThreadLog::record_event(std::uint64_t begin, std::uint64_t end, std::uint64_t what) noexcept {
  const std::uint64_t number = ring_next.load(kRelaxed);
  Event& event = ring[number & ring_mask];
  // A reader that sees one of the words below also sees that the old ones are void.
  ring_begun.store(number + 1, kRelaxed);
  event.begin.store(begin, kRelease);
  event.end.store(end, kRelease);
  event.what.store(what, kRelease);
  ring_next.store(number + 1, kRelease);
}

void ThreadLog::wipe() noexcept {
  const NodeIndex used = nodes_used.load(kRelaxed);
  for (NodeIndex i = 0; i < used; ++i) {
    PathNode& node = nodes[i];
    for (Word* word : {&node.calls, &node.sum, &node.self, &node.min, &node.max, &node.errors}) {
      word->store(0, kRelaxed);
    }
    site_total(i).store(0, kRelaxed);
    for (auto& page : node.page) page.store(0, kRelaxed);
  }
  for (std::uint32_t page = 0; page < pages_used; ++page) {
    for (Word& count : pages[page].count) count.store(0, kRelaxed);
  }
  pages_used = 0;
  if (current == kRoot) {
    std::fill(std::begin(slots), std::end(slots), 0U);
    folds = 0;
    nodes_used.store(kOtherPaths + 1, kRelaxed);
  }
  ring_first.store(ring_next.load(kRelaxed), kRelaxed);
}

}  // namespace kymo::KYMO_ABI::profile
