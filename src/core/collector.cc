#include <kymo/core/collector.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/core/gauge.h>
#include <kymo/core/histogram.h>
#include <kymo/core/registry.h>

#include "fork_gate.h"
#include "guarded.h"
#include "metric_names.h"
#include "name_table.h"
#include "registry_impl.h"
#include "reset_base.h"
#include "series_extra.h"
#include "series_reader.h"

namespace kymo::KYMO_ABI {
namespace {

using Storage = FamilySpec::Storage;

constexpr std::size_t kRecent = 100;

std::string full_message(std::string_view name) {
  return "metric \"" + std::string(name.substr(0, 255)) + "\" is one more than the " +
         std::to_string(Collector::kMaxNames) +
         " names that a Collector takes, and is not recorded; use tags for values that vary";
}

// An instrument for one call: without a handle, which would cost two locked additions.
SeriesParts parts_for_now(const Series& series) noexcept {
  SeriesParts parts;
  parts.cell = series.cell;
  parts.shared_cell = cells::shared(series.cell);
  if (series.extra != nullptr) {
    parts.gauge = series.extra->gauge.get();
    parts.window = series.extra->window.get();
    if (const HistogramValue::Bounds& bounds = series.extra->bounds) {
      parts.bounds = bounds->data();
      parts.bound_count = bounds->size();
      parts.takes_negative = series.extra->takes_negative;
    }
  }
  return parts;
}

// A gauge that was reset, and not set since, still holds its old value. A NaN now would show that old value.
void forget_value_before_reset(const Series& series) noexcept {
  const ResetBase* base = series.reset_base();
  if (base == nullptr || series.extra == nullptr || series.extra->gauge == nullptr) return;
  if (series.extra->gauge->read().count != 0) return;
  std::uint64_t before = base->number();
  cells::shared(series.cell)->compare_exchange_strong(before, kUnsetGauge, std::memory_order_relaxed);
}

RecentTimings recent_of(const WindowValue& window) {
  if (window.sorted.empty()) return {};
  return {.count = window.sorted.size(),
          .mean = window.mean(),
          .min = window.sorted.front(),
          .max = window.sorted.back(),
          .p50 = window.quantile(0.5),
          .p95 = window.quantile(0.95),
          .p99 = window.quantile(0.99)};
}

std::optional<TimingStatistics> timing_of(const Descriptor& descriptor, const Point& point) {
  if (descriptor.kind != Kind::histogram || descriptor.unit != "seconds") return std::nullopt;
  const HistogramValue& value = *point.histogram;
  if (value.count() == 0) return std::nullopt;
  return TimingStatistics{.count = value.count(),
                          .total = value.sum(),
                          .mean = value.mean(),
                          .min = value.min(),
                          .max = value.max(),
                          .p50 = value.quantile(0.5),
                          .p95 = value.quantile(0.95),
                          .p99 = value.quantile(0.99),
                          .recent = point.window == nullptr ? RecentTimings() : recent_of(*point.window)};
}

std::optional<std::int64_t> count_of(const Descriptor& descriptor, const Point& point) {
  if (descriptor.kind != Kind::counter && descriptor.kind != Kind::up_down_counter) return std::nullopt;
  if (const auto* count = std::get_if<std::uint64_t>(&point.number)) return static_cast<std::int64_t>(*count);
  if (const auto* level = std::get_if<std::int64_t>(&point.number)) return *level;
  const double count = std::get<double>(point.number);
  if (std::isnan(count)) return std::nullopt;
  constexpr double kMost = 9.2e18;
  return static_cast<std::int64_t>(std::clamp(count, -kMost, kMost));
}

std::optional<GaugeReading> gauge_of(const Descriptor& descriptor, const Point& point) {
  if (descriptor.kind != Kind::gauge) return std::nullopt;
  const double current = to_double(point.number);
  if (point.is_unset || std::isnan(current)) return std::nullopt;
  if (point.gauge == nullptr) return GaugeReading{current, current, current, current, 0, {}};
  const GaugeStatistics& statistics = *point.gauge;
  if (statistics.count == 0) return std::nullopt;
  return GaugeReading{.current = current,
                      .min = statistics.min,
                      .max = statistics.max,
                      .mean = statistics.mean,
                      .count = statistics.count,
                      .last_update = statistics.last_update};
}

}  // namespace

class Collector::Impl final {
 public:
  Impl(Registry& registry, bool is_enabled) noexcept : enabled(is_enabled), registry_(registry) {}

  std::atomic<bool> enabled;

  [[nodiscard]] bool is_on() const noexcept {
    return enabled.load(std::memory_order_relaxed) && is_recording();
  }

  // The family of that name, made as `storage` at first use; null if the name belongs to another kind of
  // metric.
  FamilyCore* family(std::string_view name, Storage storage) {
    const NameTable::Entry* entry = names_.find(name);
    FamilyCore* found = entry == nullptr ? nullptr : entry->family.load(std::memory_order_acquire);
    if (found == nullptr) [[unlikely]] {
      found = join(name, storage, entry);
      if (found == nullptr) return lose();
    }
    found = &found->latest();
    if (takes(*found, storage)) [[likely]]
      return found;
    return storage == Storage::signed_whole ? let_go_down(*found) : refuse_kind(*found, storage);
  }

  CollectorTimer::Target target(std::string_view name, Labels tags) {
    FamilyCore* durations = family(name, Storage::timing);
    if (durations == nullptr) return {};
    const SeriesParts parts = durations->resolve(tags);
    if (durations->storage() == Storage::timing) return {Timing(parts), {}};
    return {{}, Histogram(parts)};
  }

  // The target for scopes with the same tags that an exception left.
  CollectorTimer::Target target_of_failures(std::string_view name, const CollectorTimer::Target& target) {
    const Series* series = target.timing.series();
    if (series == nullptr) series = target.histogram.series();
    if (series == nullptr) return target;
    std::vector<LabelsView::Entry> tags;
    for (LabelsView::Entry tag : series->labels()) {
      if (tag.key != "error") tags.push_back(std::move(tag));
    }
    std::vector<Label> labels = {{"error", "true"}};
    for (const LabelsView::Entry& tag : tags) labels.push_back({tag.key, tag.value});
    return this->target(name, labels);
  }

  // Adds `n`, which wraps below zero, to a family of `storage`.
  void count(std::string_view name, Storage storage, std::uint64_t n, Labels tags) {
    FamilyCore* family = this->family(name, storage);
    if (family == nullptr) return;
    if (family->storage() == Storage::floating) {
      const auto amount = static_cast<double>(n);
      return family->record(tags, [amount](const Series& series) { cells::add_double(series.cell, amount); });
    }
    family->record(tags, [n](const Series& series) { cells::add(series.cell, n); });
  }

  void describe(std::string_view name, std::string_view help, std::string_view unit) {
    const StructureLock lock(mutex_);
    if (descriptions_.size() < kMaxNames) {
      descriptions_[std::string(name)] = {std::string(help), std::string(unit)};
    }
  }

  void reset(ResetScope scope) {
    std::vector<FamilyCore*> families;
    {
      const StructureLock lock(mutex_);
      for (const auto& entry : names_.entries()) {
        FamilyCore* family = entry->family.load(std::memory_order_relaxed);
        if (family == nullptr) continue;
        family = &family->latest();
        if (scope == ResetScope::all || family->only_grows()) families.push_back(family);
      }
    }
    for (FamilyCore* family : families) static_cast<void>(family->reset(scope));
  }

  [[nodiscard]] Registry& registry() const noexcept { return registry_; }

  // The series in the registry: its family's, or the callbacks' and producers' in a Snapshot.
  template <class Reading>
  std::optional<Reading> read(std::string_view name, Labels tags,
                              std::optional<Reading> (*reading)(const Descriptor&, const Point&)) const {
    const std::shared_ptr<FamilyCore> family = core().find(name);
    if (family != nullptr && !family->is_observed()) {
      const FamilySnapshot one = family->read(tags);
      return one.empty() ? std::nullopt : reading(one.descriptor(), one.point(0));
    }
    if (!core().has_producers()) return std::nullopt;
    const auto snapshot = registry_.snapshot();
    for (const FamilySnapshot& other : snapshot->families) {
      if (other.descriptor().name != name) continue;
      const auto point = other.find(tags);
      return point ? reading(other.descriptor(), *point) : std::nullopt;
    }
    return std::nullopt;
  }

 private:
  struct Description {
    std::string help;
    std::string unit;
  };

  [[nodiscard]] Registry::Impl& core() const noexcept { return *registry_.impl_; }

  static bool takes(const FamilyCore& family, Storage storage) noexcept {
    const Storage is = family.storage();
    if (is == storage) return true;
    if (storage == Storage::whole) return is == Storage::signed_whole || is == Storage::floating;
    return storage == Storage::timing && family.takes_durations();
  }

  // Counts a value that is not recorded.
  FamilyCore* lose() noexcept {
    core().count_unregistered();
    return nullptr;
  }

  FamilyCore* let_go_down(FamilyCore& family) {
    if (family.storage() != Storage::whole) return refuse_kind(family, Storage::signed_whole);
    const std::optional<std::string> error = core().let_go_down(family);
    if (!error) return &family;
    core().refuse_once(what(family, Storage::signed_whole), [&] { return *error; });
    return lose();
  }

  FamilyCore* refuse_kind(const FamilyCore& family, Storage storage) {
    FamilySpec wanted;
    wanted.storage = storage;
    core().refuse_once(what(family, storage),
                       [&] { return taken_message(*family.descriptor(), wanted.kind()); });
    return lose();
  }

  static std::uint64_t what(const FamilyCore& family, Storage storage) noexcept {
    return reinterpret_cast<std::uintptr_t>(&family) + static_cast<std::uintptr_t>(storage);
  }

  // Null where there is no room for the name, or it is refused. `entry`: of a name that was refused before.
  FamilyCore* join(std::string_view name, Storage storage, const NameTable::Entry* entry) {
    const bool was_refused = entry != nullptr;
    if (was_refused && entry->refused_at.load(std::memory_order_relaxed) == core().freed_names())
      return nullptr;
    if (!was_refused && is_full_.load(std::memory_order_relaxed)) return count_full();
    std::string error;
    FamilyCore* joined = nullptr;
    {
      const StructureLock lock(mutex_);
      entry = names_.find(name);
      if (entry != nullptr) joined = entry->family.load(std::memory_order_relaxed);
      if (joined != nullptr) return joined;  // by another thread, just now
      if (entry == nullptr && names_.entries().size() >= kMaxNames) {
        if (is_full_.exchange(true)) return count_full();
        error = full_message(name);
      } else {
        const std::uint64_t freed_names = core().freed_names();
        auto prepared = entry == nullptr ? names_.prepare(name) : nullptr;
        joined = core().join(spec_of(name, storage), error).get();
        if (entry == nullptr) entry = names_.add(std::move(prepared));
        entry->set(joined, freed_names);
      }
    }
    if (error.empty()) return joined;
    if (was_refused) return nullptr;  // already reported
    core().refuse(error);
    return nullptr;
  }

  FamilyCore* count_full() noexcept {
    core().count_error();
    return nullptr;
  }

  // Under the lock.
  [[nodiscard]] FamilySpec spec_of(std::string_view name, Storage storage) const {
    FamilySpec spec;
    spec.name = name;
    spec.storage = storage;
    spec.dynamic_labels = true;
    spec.help = traits_of(storage).help_by_name;
    spec.unit = traits_of(storage).unit;
    if (storage == Storage::timing) spec.recent = kRecent;
    if (storage == Storage::gauge) spec.statistics = GaugeTracking::on;
    const auto found = descriptions_.find(name);
    if (found != descriptions_.end()) {
      spec.help = found->second.help;
      if (spec.unit.empty()) spec.unit = found->second.unit;
    }
    return spec;
  }

  Registry& registry_;
  std::atomic<bool> is_full_{false};
  std::mutex mutex_;  // for adding names; look-ups never take it
  NameTable names_;
  std::map<std::string, Description, std::less<>> descriptions_;
};

Collector::Collector(Registry& registry, const CollectorOptions& options)
    : impl_(std::make_unique<Impl>(registry, options.enabled)) {}

Collector::~Collector() = default;

void Collector::describe(TextView name, TextView help, TextView unit) { impl_->describe(name, help, unit); }

void Collector::increment(TextView name, std::int64_t amount, Labels tags) noexcept {
  if (!impl_->is_on()) return;
  const auto n = static_cast<std::uint64_t>(amount);
  guarded([&] { impl_->count(name, amount < 0 ? Storage::signed_whole : Storage::whole, n, tags); });
}

void Collector::decrement(TextView name, std::int64_t amount, Labels tags) noexcept {
  if (!impl_->is_on()) return;
  const auto n = static_cast<std::uint64_t>(opposite(amount));
  guarded([&] { impl_->count(name, Storage::signed_whole, n, tags); });
}

void Collector::gauge(TextView name, double value, Labels tags) noexcept {
  if (!impl_->is_on()) return;
  guarded([&] {
    if (FamilyCore* family = impl_->family(name, Storage::gauge)) {
      family->record(tags, [value](const Series& series) {
        if (std::isnan(value)) forget_value_before_reset(series);
        Gauge(parts_for_now(series)).set(value);
      });
    }
  });
}

void Collector::timing(TextView name, double seconds, Labels tags) noexcept {
  if (!impl_->is_on()) return;
  guarded([&] {
    if (FamilyCore* family = impl_->family(name, Storage::timing)) {
      const bool is_timing = family->storage() == Storage::timing;
      family->record(tags, [seconds, is_timing](const Series& series) {
        const SeriesParts parts = parts_for_now(series);
        is_timing ? Timing(parts).record_seconds(seconds) : Histogram(parts).record(seconds);
      });
    }
  });
}

CollectorTimer Collector::timer(TextView name, Labels tags) noexcept {
  CollectorTimer::Target target;
  if (!impl_->is_on()) return {nullptr, name, target};
  guarded([&] { target = impl_->target(name, tags); });
  return {this, name, std::move(target)};
}

std::optional<TimingStatistics> Collector::get_timing(TextView name, Labels tags) const {
  return impl_->read(name, tags, timing_of);
}

std::optional<std::int64_t> Collector::get_counter(TextView name, Labels tags) const {
  return impl_->read(name, tags, count_of);
}

std::optional<GaugeReading> Collector::get_gauge(TextView name, Labels tags) const {
  return impl_->read(name, tags, gauge_of);
}

std::shared_ptr<const Snapshot> Collector::get_all() const { return impl_->registry().snapshot(); }

void Collector::reset() { impl_->reset(ResetScope::all); }

void Collector::reset_counters() { impl_->reset(ResetScope::counters); }

bool Collector::enabled() const noexcept { return impl_->is_on(); }

void Collector::set_enabled(bool on) noexcept { impl_->enabled.store(on, std::memory_order_relaxed); }

CollectorTimer::CollectorTimer(Collector* collector, std::string_view name, Target target) noexcept
    : collector_(collector),
      name_(name),
      target_(std::move(target)),
      exceptions_(std::uncaught_exceptions()),
      running_(collector != nullptr),
      watch_(running_ ? Stopwatch() : Stopwatch(Stopwatch::Idle::idle)) {}

CollectorTimer::~CollectorTimer() {
  if (running_ && std::uncaught_exceptions() > exceptions_) {
    guarded([this] { target_ = collector_->impl_->target_of_failures(name_, target_); });
  }
  stop();
}

std::chrono::nanoseconds CollectorTimer::stop() noexcept {
  if (!std::exchange(running_, false)) return {};
  const std::chrono::nanoseconds elapsed = watch_.elapsed();
  target_.timing.record(elapsed);
  target_.histogram.record(std::chrono::duration<double>(elapsed).count());
  return elapsed;
}

}  // namespace kymo::KYMO_ABI
