#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "thread_log.h"

/// Logs as plain values. The caller holds Profiler::readers, so no reset intervenes.
namespace kymo::KYMO_ABI::profile {

using BucketCounts = std::array<std::uint64_t, (buckets::kOctaves + 1) * buckets::kInOctave>;

struct ReadNode {
  std::uint32_t site = 0;
  NodeIndex parent = kRoot;
  std::uint64_t calls = 0;
  std::uint64_t sum = 0;  ///< of all calls
  std::uint64_t self = 0;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  std::uint64_t errors = 0;
};

/// By NodeIndex; empty if the log has no data since the last reset.
[[nodiscard]] std::vector<ReadNode> read_nodes(const ThreadLog& log);

/// Adds the counts of the node's pages.
void add_buckets(const ThreadLog& log, NodeIndex node, BucketCounts& counts) noexcept;

struct ReadEvent {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t what;
};
struct ReadEvents {
  std::vector<ReadEvent> events;  ///< oldest first
  std::uint64_t dropped = 0;
};
[[nodiscard]] ReadEvents read_events(const ThreadLog& log);
[[nodiscard]] std::uint64_t dropped_events(const ThreadLog& log) noexcept;

[[nodiscard]] std::string thread_name(const ThreadLog& log);

}  // namespace kymo::KYMO_ABI::profile
