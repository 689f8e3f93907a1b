#include "log_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "profiler.h"

namespace kymo::KYMO_ABI::profile {
namespace {

/// A thread that was preempted in the middle of a change may stay away for long.
constexpr int kMostTries = 200;

bool is_valid(const ThreadLog& log) noexcept {
  return log.generation.load(kAcquire) == the_profiler.generation.load(kRelaxed);
}

ReadNode read_node(const PathNode& node) noexcept {
  ReadNode read{.site = node.site, .parent = node.parent};
  for (int i = 0; i < kMostTries; ++i) {
    const std::uint64_t version = node.version.load(kAcquire);
    read.calls = node.calls.load(kAcquire);
    read.sum = node.sum.load(kAcquire);
    read.self = node.self.load(kAcquire);
    read.min = node.min.load(kAcquire);
    read.max = node.max.load(kAcquire);
    read.errors = node.errors.load(kAcquire);
    if (version % 2 == 0 && node.version.load(kRelaxed) == version) break;
  }
  return read;
}

}  // namespace

std::vector<ReadNode> read_nodes(const ThreadLog& log) {
  if (!is_valid(log)) return {};
  const NodeIndex used = log.nodes_used.load(kAcquire);
  std::vector<ReadNode> nodes;
  nodes.reserve(used);
  for (NodeIndex i = 0; i < used; ++i) nodes.push_back(read_node(log.nodes[i]));
  return nodes;
}

void add_buckets(const ThreadLog& log, NodeIndex node, BucketCounts& counts) noexcept {
  for (std::uint32_t octave = 0; octave <= buckets::kOctaves; ++octave) {
    const std::uint16_t page = log.nodes[node].page[octave].load(kRelaxed);
    if (page == 0) continue;
    for (std::uint32_t i = 0; i < buckets::kInOctave; ++i) {
      counts[octave * buckets::kInOctave + i] += log.pages[page - 1].count[i].load(kRelaxed);
    }
  }
}

std::uint64_t dropped_events(const ThreadLog& log) noexcept {
  const std::uint64_t size = log.ring_size.load(kRelaxed);
  if (!is_valid(log) || size == 0) return 0;
  const std::uint64_t count = log.ring_next.load(kAcquire) - log.ring_first.load(kRelaxed);
  return count - std::min(count, size);
}

ReadEvents read_events(const ThreadLog& log) {
  const Event* const ring = log.readable_ring.load(kAcquire);
  if (!is_valid(log) || ring == nullptr) return {};
  const std::uint64_t size = log.ring_size.load(kRelaxed);
  const std::uint64_t first = log.ring_first.load(kRelaxed);
  const std::uint64_t end = log.ring_next.load(kAcquire);
  std::uint64_t begin = std::max(first, end - std::min(end, size));
  ReadEvents read;
  read.events.reserve(end - begin);
  for (std::uint64_t i = begin; i < end; ++i) {
    const Event& event = ring[i % size];
    read.events.push_back({event.begin.load(kAcquire), event.end.load(kAcquire), event.what.load(kAcquire)});
  }
  // Drop the events that the thread has overwritten meanwhile.
  const std::uint64_t begun = log.ring_begun.load(kRelaxed);
  const std::uint64_t kept = std::clamp(begun - std::min(begun, size), begin, end);
  read.events.erase(read.events.begin(), read.events.begin() + static_cast<std::ptrdiff_t>(kept - begin));
  read.dropped = kept - first;
  return read;
}

std::string thread_name(const ThreadLog& log) {
  if (log.mixed.load(kRelaxed) != 0) return "(several threads)";
  const std::array<std::uint64_t, 2> words = {log.name[0].load(kRelaxed), log.name[1].load(kRelaxed)};
  const auto name = std::bit_cast<ThreadName>(words);
  return {name.begin(), std::find(name.begin(), name.end(), '\0')};
}

}  // namespace kymo::KYMO_ABI::profile
