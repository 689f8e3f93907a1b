#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include <kymo/core/registry.h>

#include "fork_gate.h"

namespace kymo::KYMO_ABI {

/// A producer in the registry: called by one thread at a time. Once ended, it is never called again, and
/// destroyed with all its referents.
class Registration::Slot final {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Outcome : std::uint8_t { done, threw, skipped };

  /// `on_end` takes the slot out of the registry; called once, by the thread that ends it.
  Slot(Producer producer, const ProducerOptions& options, std::function<void(const Slot*)> on_end)
      : name_(options.name),
        has_deadline_(options.has_deadline),
        producer_(std::move(producer)),
        on_end_(std::move(on_end)) {}

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool has_deadline() const noexcept { return has_deadline_; }

  /// Skips a producer that has ended, hangs, or is this thread's caller. Also skips one that runs in another
  /// thread while this thread is itself in a producer: two of those would deadlock. Throws nothing, but the
  /// producer may end its thread.
  Outcome run(SnapshotWriter& writer);

  void end() noexcept;
  /// As end(), without waiting for a running call.
  void abandon() noexcept;

  /// True if the calling thread is inside a call of it.
  [[nodiscard]] bool runs_here() const noexcept;

  /// Notes that the call begun at `since` is late.
  void set_hanging(Time since) noexcept;
  void clear_hanging() noexcept { hanging_since_.store(kNotHanging, std::memory_order_release); }
  /// Begin of a late call that has not returned; empty: none. A thread that hung at a fork does not exist in
  /// the child.
  [[nodiscard]] std::optional<Time> hanging_since() const noexcept;

 private:
  class Running;
  static constexpr Time::rep kNotHanging = 0;

  Outcome run_locked(SnapshotWriter& writer);

  const std::string name_;
  const bool has_deadline_;
  LongMutex running_;
  std::atomic<std::thread::id> runner_{};
  std::atomic<std::uint32_t> runner_generation_{0};  // see fork_generation()
  std::atomic<Time::rep> hanging_since_{kNotHanging};
  std::atomic<std::uint32_t> hanging_generation_{0};
  std::atomic<bool> ended_{false};
  Producer producer_;
  std::function<void(const Slot*)> on_end_;
};

/// True if the calling thread is in any producer.
[[nodiscard]] bool is_in_producer() noexcept;

}  // namespace kymo::KYMO_ABI
