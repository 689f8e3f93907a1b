#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include <kymo/core/registry.h>

#include "fork_gate.h"

namespace kymo::inline v0 {

/// A producer as the registry holds it: called by one thread at a time; never again, and gone with all that
/// it refers to, once ended.
class Registration::Slot final {
 public:
  enum class Outcome : std::uint8_t { done, threw, skipped };

  /// `on_end` takes the slot out of the registry; called once, by whoever ends it.
  Slot(Producer producer, std::function<void(const Slot*)> on_end)
      : producer_(std::move(producer)), on_end_(std::move(on_end)) {}

  /// Skipped: it has ended, is this very thread's caller, or runs in another thread while this one is itself
  /// in a producer that takes a Snapshot: two such that waited for each other would wait for ever. Throws
  /// nothing, but the producer may end its thread.
  Outcome run(SnapshotWriter& writer);

  void end() noexcept;

 private:
  Outcome run_locked(SnapshotWriter& writer);

  LongMutex running_;
  std::atomic<std::thread::id> runner_{};
  std::atomic<bool> ended_{false};
  bool ended_itself_ = false;  // the runner's
  Producer producer_;
  std::function<void(const Slot*)> on_end_;
};

}  // namespace kymo::inline v0
