// How a registry takes a Snapshot, and what it tells of callbacks.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <kymo/base/assert.h>
#include <kymo/core/snapshot_builder.h>
#include <kymo/core/stopwatch.h>

#include "callback_runner.h"
#include "process.h"
#include "registration.h"
#include "registry_impl.h"
#include "self_metrics.h"

namespace kymo::KYMO_ABI {

/// Messages for the user's sink. The sink is called like a callback, because it may hang.
class Registry::Impl::Sayings final {
 public:
  explicit Sayings(std::shared_ptr<FamilyShared> shared) noexcept : shared_(std::move(shared)) {}

  void add(std::string message) {
    const StructureLock lock(mutex_);
    messages_.push_back(std::move(message));
  }
  [[nodiscard]] bool empty() {
    const StructureLock lock(mutex_);
    return messages_.empty();
  }
  void say() {
    std::vector<std::string> messages;
    {
      const StructureLock lock(mutex_);
      messages.swap(messages_);
    }
    for (const std::string& message : messages) shared_->refusals.say(message);
  }

 private:
  const std::shared_ptr<FamilyShared> shared_;
  std::mutex mutex_;  // the member below; no more than RefusalLog::kMost
  std::vector<std::string> messages_;
};

void Registry::Impl::make_sayer() {
  sayings_ = std::make_shared<Sayings>(shared_);
  sayer_ = std::make_shared<Registration::Slot>(
      [sayings = sayings_](SnapshotWriter& /*writer*/) { sayings->say(); },
      ProducerOptions{.name = "error_sink"}, [](const Registration::Slot*) {});
}

std::vector<HangingCallback> Registry::Impl::hanging_callbacks() {
  std::vector<HangingCallback> hanging;
  const auto now = std::chrono::steady_clock::now();
  for (const auto& slot : copied(producers_)) {
    if (const auto since = slot->hanging_since()) hanging.push_back({slot->name(), now - *since});
  }
  return hanging;
}

bool Registry::Impl::is_in_callback() {
  const StructureLock lock(mutex_);
  return std::any_of(producers_.begin(), producers_.end(),
                     [](const auto& slot) { return slot->runs_here(); });
}

// Reported here and not at detection, which may be before main.
void Registry::Impl::say_if_copy_is_apart() {
  static std::atomic<bool> is_said{false};
  if (!copy_is_apart() || is_said.exchange(true)) return;
  say(
      {"copies of kymo in this process cannot find each other, because /proc/self/maps or memfd_create() is "
       "denied: a library with its own copy records into its own registry; mount /proc and allow "
       "memfd_create, or link one shared copy"});
}

std::shared_ptr<const Snapshot> Registry::Impl::snapshot() {
  say_if_copy_is_apart();
  ticks::calibrate();
  // Callbacks come first: their time must not make the other figures old.
  const auto slots = copied(producers_);
  CallbackRunner::Answers answers = callbacks_.ask(slots);
  const std::vector<std::string> left_out = std::exchange(answers.messages, {});
  const auto time = std::chrono::system_clock::now();
  const auto now = std::chrono::steady_clock::now();
  SnapshotBuilder builder;
  for (const auto& family : copied(families_)) {
    const auto others =
        family->is_observed() ? SnapshotBuilder::Others::join : SnapshotBuilder::Others::refused;
    builder.add_family(family->collect(now), others);
  }
  write_own_figures(builder);
  take(std::move(answers), slots, builder);
  auto snapshot = builder.finish(time, now - started_);
  producer_errors_.fetch_add(builder.errors(), std::memory_order_relaxed);
  say(left_out);
  say(builder.messages());
  if (base::assertion_failures() != 0) say(base::failed_assertions());
  return snapshot;
}

void Registry::Impl::write_own_figures(SnapshotBuilder& builder) {
  const auto callbacks = [this]() -> std::optional<SelfState::Callbacks> {
    if (!callbacks_.is_used()) return std::nullopt;
    return SelfState::Callbacks{
        .hanging = hanging_callbacks(), .late = callbacks_.late(), .unguarded = callbacks_.unguarded()};
  };
  write_self_metrics({.shared = *shared_,
                      .producer_errors = producer_errors_.load(std::memory_order_relaxed),
                      .callbacks = callbacks()},
                     builder);
}

// In the order of registration: of two producers with one name, the first wins.
void Registry::Impl::take(CallbackRunner::Answers answers, const std::vector<CallbackRunner::SlotPtr>& slots,
                          SnapshotBuilder& builder) {
  using State = CallbackRunner::Answer::State;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    CallbackRunner::Answer& answer = answers.of[i];
    switch (answer.state) {
      case State::not_called: call_here(*slots[i], builder); break;
      case State::done: builder.take_over(std::move(answer.written)); break;
      case State::failed: producer_errors_.fetch_add(1, std::memory_order_relaxed); break;
      case State::left_out: break;
    }
  }
}

void Registry::Impl::call_here(Registration::Slot& slot, SnapshotWriter& writer) {
  if (slot.run(writer) == Registration::Slot::Outcome::threw) {
    producer_errors_.fetch_add(1, std::memory_order_relaxed);
  }
}

void Registry::Impl::say(const std::vector<std::string>& messages) {
  for (const std::string& message : messages) {
    if (!shared_->refusals.is_new(message)) continue;
    if (sayings_ == nullptr) {
      shared_->refusals.say(message);
    } else {
      sayings_->add(message);
    }
  }
  // Also messages that an earlier call could not deliver.
  if (sayings_ == nullptr || sayings_->empty()) return;
  // A late sink has no other place to be reported; it is counted.
  const CallbackRunner::Answers said = callbacks_.ask({sayer_});
  SnapshotBuilder nothing;
  if (said.of.front().state == CallbackRunner::Answer::State::not_called) call_here(*sayer_, nothing);
  if (said.of.front().state == CallbackRunner::Answer::State::failed) {
    producer_errors_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace kymo::KYMO_ABI
