#include <kymo/pulse/tick_listeners.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include <kymo/base/duration.h>
#include <kymo/base/thread.h>
#include <kymo/core/histogram_value.h>

namespace kymo::KYMO_ABI::pulse {

struct TickListeners::Slot {
  TickListener listener;
  Timing durations;
  std::atomic<std::uint64_t> late{0};
  std::atomic<std::uint64_t> skipped{0};
  std::atomic<std::uint64_t> failed{0};
  bool is_running = false;  ///< under the mutex
};

/// A thread and its next job; under the mutex.
struct TickListeners::Worker {
  Slot* slot = nullptr;  ///< null: nothing to do
  std::shared_ptr<const Tick> tick;
  bool has_ended = false;
};

TickListeners::TickListeners(std::vector<TickListener> listeners,
                             std::function<std::shared_ptr<const Snapshot>()> take)
    : take_(std::move(take)) {
  for (TickListener& listener : listeners) {
    auto slot = std::make_unique<Slot>();
    slot->durations = timings_.timing(listener.name, "Holds durations of a listener.", {.recent = 0});
    slot->listener = std::move(listener);
    slots_.push_back(std::move(slot));
  }
}

TickListeners::~TickListeners() { stop(); }

bool TickListeners::call(const Tick& tick) {
  auto shared = std::make_shared<const Tick>(tick);
  bool all_well = true;
  bool is_taken = false;
  for (const auto& slot : slots_) {
    if (slot->listener.wants_snapshot && !std::exchange(is_taken, true)) {
      Tick with_snapshot = tick;
      with_snapshot.snapshot = take_();
      shared = std::make_shared<const Tick>(std::move(with_snapshot));
    }
    all_well = call(*slot, shared) && all_well;
  }
  return all_well;
}

bool TickListeners::call(Slot& slot, const std::shared_ptr<const Tick>& tick) {
  const std::uint64_t failed_before = slot.failed.load(std::memory_order_relaxed);
  std::unique_lock lock(mutex_);
  if (slot.is_running) {
    slot.skipped.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  if (is_stopping_) return true;
  if (!has_worker()) {
    lock.unlock();
    run_listener(slot, *tick);
    return slot.failed.load(std::memory_order_relaxed) == failed_before;
  }
  slot.is_running = true;
  worker_->slot = &slot;
  worker_->tick = tick;
  changed_.notify_all();
  const auto budget = base::bounded_wait(slot.listener.budget);
  if (!changed_.wait_for(lock, budget, [&] { return !slot.is_running; })) {
    slot.late.fetch_add(1, std::memory_order_relaxed);
    worker_ = nullptr;
  }
  return slot.failed.load(std::memory_order_relaxed) == failed_before;
}

bool TickListeners::has_worker() {
  if (worker_ != nullptr) return true;
  std::erase_if(threads_, [](auto& one) {
    if (one.second->has_ended) one.first.join();
    return one.second->has_ended;
  });
  auto worker = std::make_shared<Worker>();
  threads_.reserve(threads_.size() + 1);
  try {
    threads_.emplace_back(base::start_thread("kymo-listeners", [this, worker] { run(worker); }), worker);
  } catch (const std::system_error&) {
    return false;
  }
  worker_ = std::move(worker);
  return true;
}

void TickListeners::run(const std::shared_ptr<Worker>& worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return worker->slot != nullptr || is_stopping_; });
    if (worker->slot == nullptr) break;
    Slot& slot = *worker->slot;
    const std::shared_ptr<const Tick> tick = std::exchange(worker->tick, nullptr);
    lock.unlock();
    run_listener(slot, *tick);
    lock.lock();
    worker->slot = nullptr;
    slot.is_running = false;
    changed_.notify_all();
    if (worker_ != worker) break;  // left behind
  }
  worker->has_ended = true;
}

void TickListeners::run_listener(Slot& slot, const Tick& tick) noexcept {
  const auto start = std::chrono::steady_clock::now();
  try {
    slot.listener.on_tick(tick);
  } catch (...) {
    slot.failed.fetch_add(1, std::memory_order_relaxed);
  }
  slot.durations.record(std::chrono::steady_clock::now() - start);
}

void TickListeners::stop() noexcept {
  std::vector<std::pair<std::thread, std::shared_ptr<Worker>>> threads;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    threads.swap(threads_);
    worker_ = nullptr;
  }
  changed_.notify_all();
  for (auto& [thread, worker] : threads) thread.join();
}

void TickListeners::write(SnapshotWriter& writer) const {
  FamilyWriter durations = writer.histogram(
      {"kymo_tick_listener_duration_seconds", "Time that a listener of the tick takes.", "seconds"});
  for (const auto& slot : slots_) {
    const Label name{"listener", slot->listener.name};
    durations.add(Labels(&name, 1), slot->durations.value());
  }
  const auto add_counter = [&](std::string_view name, std::string_view help,
                               std::atomic<std::uint64_t> Slot::* count) {
    FamilyWriter family = writer.counter({name, help});
    for (const auto& slot : slots_) {
      const Label label{"listener", slot->listener.name};
      family.add(Labels(&label, 1), static_cast<double>(((*slot).*count).load(std::memory_order_relaxed)));
    }
  };
  add_counter("kymo_tick_listener_late_total", "Ticks that went on without a listener over its time budget.",
              &Slot::late);
  add_counter("kymo_tick_listener_skipped_total",
              "Ticks that skipped a listener because it had not returned from an earlier one.",
              &Slot::skipped);
  add_counter("kymo_tick_listener_failures_total", "Exceptions of a listener of the tick.", &Slot::failed);
}

}  // namespace kymo::KYMO_ABI::pulse
