#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/core/snapshot_writer.h>
#include <kymo/core/timing.h>

namespace kymo::KYMO_ABI::pulse {

/// One moment of measurement, as listeners get it.
struct Tick {
  std::uint64_t number = 0;  ///< from 1
  std::chrono::system_clock::time_point time{};
  std::chrono::steady_clock::time_point steady{};
  /// Taken before the first listener that wants one is called, so it has what those before measured. Null for
  /// them, and where none can be taken.
  std::shared_ptr<const Snapshot> snapshot = nullptr;
};

struct TickListener {
  std::string name;  ///< the label of its metrics
  /// The tick goes on without a listener that takes longer.
  std::chrono::milliseconds budget{1000};
  bool wants_snapshot = false;
  /// May throw: the exception is counted.
  std::function<void(const Tick&)> on_tick;
};

/// Calls listeners at each tick, in order, on a thread of their own.
///
/// A listener that is over its budget keeps that thread, and the next listener gets another one. Ticks skip a
/// listener that has not returned from an earlier tick. So a listener that hangs delays a tick once, by its
/// budget. At most one thread for each listener waits for its return.
class TickListeners final {
 public:
  /// `take`: takes a Snapshot; may be null where no listener wants one.
  explicit TickListeners(std::vector<TickListener> listeners,
                         std::function<std::shared_ptr<const Snapshot>()> take = nullptr);
  TickListeners(const TickListeners&) = delete;
  TickListeners& operator=(const TickListeners&) = delete;
  ~TickListeners();  ///< as stop()

  /// False where a listener threw. Threads: one at a time. Without a thread to be had, listeners run on the
  /// caller's.
  bool call(const Tick& tick);
  /// Waits for listeners that have not returned, however long: they use what their owner destroys next. May
  /// be called twice, not from a listener.
  void stop() noexcept;

  /// Writes the families `kymo_tick_listener_…`. Threads: any.
  void write(SnapshotWriter& writer) const;

 private:
  struct Slot;
  struct Worker;

  bool call(Slot& slot, const std::shared_ptr<const Tick>& tick);
  void run(const std::shared_ptr<Worker>& worker);
  static void run_listener(Slot& slot, const Tick& tick) noexcept;
  [[nodiscard]] bool has_worker();

  const std::function<std::shared_ptr<const Snapshot>()> take_;
  Registry timings_;  // holds the durations; not read as a whole
  std::vector<std::unique_ptr<Slot>> slots_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopping_ = false;
  std::shared_ptr<Worker> worker_;  ///< null: none, or the last one is left behind
  std::vector<std::pair<std::thread, std::shared_ptr<Worker>>> threads_;
};

}  // namespace kymo::KYMO_ABI::pulse
