#pragma once

#include <chrono>
#include <cstddef>

#include <kymo/version.h>

// The memory of past Snapshots. A process keeps some of it for the next Snapshot, because the first touch of
// fresh memory costs more than to read a series.
namespace kymo::KYMO_ABI {

/// Frees what no Snapshot needed for a minute. Each Snapshot does so too; this is for processes that may take
/// none for long. Threads: any. Cost: a lock and a look at some hundred entries.
void free_unused_snapshot_memory(std::chrono::steady_clock::time_point now) noexcept;

/// How much is kept, in all registries of the process.
[[nodiscard]] std::size_t kept_snapshot_bytes() noexcept;

}  // namespace kymo::KYMO_ABI
