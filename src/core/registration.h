#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include <kymo/core/registry.h>

#include "fork_gate.h"

namespace kymo::inline v0 {

/// A producer as the registry holds it: called by one thread at a time, never again once ended.
class Registration::Slot final {
 public:
  enum class Outcome : std::uint8_t { done, threw, ended };

  /// `on_end` takes the slot out of the registry; called once, by whoever ends it.
  Slot(Producer producer, std::function<void(const Slot*)> on_end)
      : producer_(std::move(producer)), on_end_(std::move(on_end)) {}

  /// A producer that takes a Snapshot itself is not entered again.
  Outcome run(SnapshotWriter& writer) noexcept;

  void end() noexcept;

 private:
  LongMutex running_;
  std::atomic<std::thread::id> runner_{};
  std::atomic<bool> ended_{false};
  Producer producer_;
  std::function<void(const Slot*)> on_end_;
};

}  // namespace kymo::inline v0
