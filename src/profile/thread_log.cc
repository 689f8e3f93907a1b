#include "thread_log.h"

#include <cxxabi.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "site_table.h"

namespace kymo::profile {
namespace {

/// Of a word that only this thread writes. The release lets a reader that sees the new value see also that
/// the node's version is odd.
void add(Word& word, std::uint64_t more) noexcept { word.store(word.load(kRelaxed) + more, kRelease); }

void* map_memory(std::size_t bytes) noexcept {
  void* const memory =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  // One touch would make two megabytes real.
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

/// std::uncaught_exceptions() looks the thread's storage up at every call, through libraries; a scope asks
/// twice. Source: Itanium C++ ABI, 2.2.2, `__cxa_eh_globals`: a pointer, and that number behind it.
void ThreadLog::note_exceptions() noexcept {
  const auto* const globals = reinterpret_cast<const std::byte*>(abi::__cxa_get_globals());
  uncaught_exceptions = reinterpret_cast<const unsigned*>(globals + sizeof(void*));
}

NodeIndex ThreadLog::add_child(std::uint32_t site, std::uint32_t slot) noexcept {
  const NodeIndex node = nodes_used.load(kRelaxed);
  if (current == kOtherPaths || node == kMaxNodes) return kOtherPaths;
  note_thread();  // threads are often named after they began
  nodes[node].site = site;
  nodes[node].parent = current;
  nodes_used.store(node + 1, kRelease);
  slots[slot].store(static_cast<std::uint16_t>(node), kRelaxed);
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
  if (figures.is_outermost) [[likely]]
    add(node.total, figures.ns);
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
  // A reader that sees one of the words below sees that what they were before is gone.
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
    for (Word* word : {&node.calls, &node.total, &node.self, &node.min, &node.max, &node.errors}) {
      word->store(0, kRelaxed);
    }
    for (auto& page : node.page) page.store(0, kRelaxed);
  }
  for (std::uint32_t page = 0; page < pages_used; ++page) {
    for (Word& count : pages[page].count) count.store(0, kRelaxed);
  }
  pages_used = 0;
  if (current == kRoot) {
    for (auto& slot : slots) slot.store(0, kRelaxed);
    nodes_used.store(kOtherPaths + 1, kRelaxed);
  }
  ring_first.store(ring_next.load(kRelaxed), kRelaxed);
}

}  // namespace kymo::profile
