#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/registry.h>

#include "callback_runner.h"
#include "family_core.h"
#include "metric_names.h"

namespace kymo::KYMO_ABI {

class Registry::Impl final : public std::enable_shared_from_this<Registry::Impl> {
 public:
  explicit Impl(RegistryOptions options);

  /// Returns a family for instruments. Takes over a family that was only recorded by name, with all its
  /// values. Throws, or returns null, if the name is unavailable.
  std::shared_ptr<FamilyCore> add_family(FamilySpec spec);
  Registration add_observed(Kind kind, std::string_view name, std::string_view help,
                            std::function<double()> callback, const ObservedOptions& options);
  Registration add_producer(Producer producer, const ProducerOptions& options,
                            std::function<void()> after_end);
  [[nodiscard]] std::vector<HangingCallback> hanging_callbacks();
  [[nodiscard]] bool is_in_callback();

  /// For recording by name: the family of that name if it takes such recordings, otherwise a new one. Null if
  /// neither is possible: `error` has the reason.
  std::shared_ptr<FamilyCore> join(FamilySpec spec, std::string& error);
  /// Turns a counter that was only recorded by name into an up-down counter. A message tells why that is
  /// impossible.
  [[nodiscard]] std::optional<std::string> let_go_down(FamilyCore& family);
  /// Null if no family has that name; callbacks and producers may still write it.
  [[nodiscard]] std::shared_ptr<FamilyCore> find(std::string_view name);
  [[nodiscard]] bool has_producers();
  /// Grows whenever a taken name becomes free.
  [[nodiscard]] std::uint64_t freed_names() const noexcept {
    return freed_names_.load(std::memory_order_acquire);
  }

  /// Counts a refusal, and reports it at its first occurrence.
  template <class Message>
  void refuse_once(std::uint64_t what, Message message);
  /// Counts a refusal and reports it; on standard error the first time only.
  void refuse(const std::string& message);
  void count_error() noexcept { shared_->errors.fetch_add(1, std::memory_order_relaxed); }
  /// Counts a value under a refused name.
  void count_unregistered() noexcept { shared_->unregistered.fetch_add(1, std::memory_order_relaxed); }

  std::shared_ptr<const Snapshot> snapshot();
  std::shared_ptr<const Snapshot> reset(ResetScope scope);

  [[nodiscard]] std::size_t series_count() const noexcept {
    return shared_->series.load(std::memory_order_relaxed);
  }

 private:
  class ObservedClaim;
  class Sayings;

  template <class T>
  std::vector<T> copied(const std::vector<T>& list) {
    const StructureLock lock(mutex_);
    return list;
  }
  std::shared_ptr<FamilyCore> fail(const std::string& message);

  // Under the lock.
  std::shared_ptr<FamilyCore> add_new(FamilySpec spec, bool is_registered, std::string& error);
  [[nodiscard]] std::optional<std::string> take_over(MetricNames::Metric& metric, const FamilySpec& spec);
  [[nodiscard]] std::optional<std::string> supersede(MetricNames::Metric& metric, FamilySpec spec);
  [[nodiscard]] std::optional<std::string> describe(MetricNames::Metric& metric, Descriptor descriptor,
                                                    FamilySpec::Storage storage);
  [[nodiscard]] std::optional<std::string> claim_observed(Descriptor descriptor, const std::string& labels);

  void say_if_copy_is_apart();
  void release_observed(const std::string& name, const std::string& labels) noexcept;
  void remove_producer(const Registration::Slot* slot);
  void make_sayer();
  void write_own_figures(SnapshotBuilder& builder);
  void call_here(Registration::Slot& slot, SnapshotWriter& writer);
  void take(CallbackRunner::Answers answers, const std::vector<CallbackRunner::SlotPtr>& slots,
            SnapshotBuilder& builder);
  void say(const std::vector<std::string>& messages);
  void count_freed_names() noexcept { freed_names_.fetch_add(1, std::memory_order_release); }

  RegistryOptions options_;
  std::shared_ptr<FamilyShared> shared_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> producer_errors_{0};
  std::atomic<std::uint64_t> freed_names_{0};
  CallbackRunner callbacks_;
  std::shared_ptr<Sayings> sayings_;           // null without a sink
  std::shared_ptr<Registration::Slot> sayer_;  // calls the sink, which is a callback like others

  std::mutex mutex_;  // the members below; never held while user code runs
  std::vector<std::shared_ptr<FamilyCore>> families_;
  std::vector<std::shared_ptr<Registration::Slot>> producers_;
  MetricNames names_;
};

template <class Message>
void Registry::Impl::refuse_once(std::uint64_t what, Message message) {
  const RefusalLog::Seen seen = shared_->refusals.note(what);
  if (seen != RefusalLog::Seen::again) count_error();
  if (seen == RefusalLog::Seen::first) shared_->refusals.say(message());
}

}  // namespace kymo::KYMO_ABI
