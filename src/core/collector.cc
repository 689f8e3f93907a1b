#include <kymo/core/collector.h>

#include <atomic>
#include <bit>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <kymo/core/gauge.h>
#include <kymo/core/registry.h>

#include "fork_gate.h"
#include "name_table.h"
#include "series_extra.h"
#include "series_reader.h"

namespace kymo::inline v0 {
namespace {

using Storage = FamilySpec::Storage;

constexpr std::size_t kRecent = 100;

// Whatever goes wrong inside, such as memory that is not to be had, the caller goes on.
template <class Call>
void guarded(Call call) noexcept {
#if defined(__cpp_exceptions)
  try {
    call();
  } catch (...) {
    cells::refuse(cells::Refusal::out_of_memory);
  }
#else
  call();
#endif
}

std::string_view usual_help(Storage storage) noexcept {
  switch (storage) {
    case Storage::timing: return "Durations recorded by name.";
    case Storage::gauge: return "Values set by name.";
    default: return "Counted by name.";
  }
}

std::string full_message(std::string_view name) {
  return "metric \"" + std::string(name.substr(0, 255)) + "\" is one more than the " +
         std::to_string(Collector::kMaxNames) +
         " names that a Collector takes, and is not recorded; write what varies as a tag instead";
}

bool is_count(Storage storage) noexcept {
  return storage == Storage::whole || storage == Storage::signed_whole;
}

// An instrument for the moment of a call: without a handle, which would cost two locked additions.
SeriesParts parts_for_now(const Series& series) noexcept {
  SeriesParts parts;
  parts.cell = series.cell;
  parts.shared_cell = cells::shared(series.cell);
  if (series.extra != nullptr) {
    parts.gauge = series.extra->gauge.get();
    parts.window = series.extra->window.get();
  }
  return parts;
}

Timing timing_for_now(const Series& series) noexcept { return Timing(parts_for_now(series)); }

}  // namespace

class Collector::Impl final {
 public:
  explicit Impl(Registry& registry) noexcept : registry_(registry) {}

  std::atomic<bool> enabled{true};

  [[nodiscard]] bool is_on() const noexcept {
    return enabled.load(std::memory_order_relaxed) && is_recording();
  }

  // The family of that name, made as `storage` at first use; null where the name stands for something else.
  FamilyCore* family(std::string_view name, Storage storage) {
    const NameTable::Entry* entry = names_.find(name);
    if (entry == nullptr) [[unlikely]]
      entry = add(name, storage);
    FamilyCore* found = entry == nullptr ? nullptr : entry->family.get();
    if (found == nullptr) [[unlikely]]
      return refuse();
    const Storage is = found->storage();
    if (is == storage) return found;
    if (is_count(is) && is_count(storage)) {
      if (storage == Storage::signed_whole) found->become_up_down_counter();
      return found;
    }
    return refuse();
  }

  [[nodiscard]] FamilyCore* existing(std::string_view name) const noexcept {
    const NameTable::Entry* entry = names_.find(name);
    return entry == nullptr ? nullptr : entry->family.get();
  }

  // The timing of the scopes with the same tags that an exception ended.
  Timing timing_of_failures(std::string_view name, const Timing& timing) {
    FamilyCore* timings = family(name, Storage::timing);
    const Series* series = timing.series();
    if (timings == nullptr || series == nullptr) return timing;
    std::vector<LabelsView::Entry> tags;
    for (LabelsView::Entry tag : series->labels()) {
      if (tag.key != "error") tags.push_back(std::move(tag));
    }
    std::vector<Label> labels = {{"error", "true"}};
    for (const LabelsView::Entry& tag : tags) labels.push_back({tag.key, tag.value});
    return Timing(timings->resolve(labels));
  }

  void describe(std::string_view name, std::string_view help, std::string_view unit) {
    const StructureLock lock(mutex_);
    if (descriptions_.size() < kMaxNames) {
      descriptions_[std::string(name)] = {std::string(help), std::string(unit)};
    }
  }

  void reset(const std::function<bool(const FamilyCore&)>& wanted) {
    std::vector<std::shared_ptr<FamilyCore>> families;
    {
      const StructureLock lock(mutex_);
      for (const auto& entry : names_.entries()) {
        if (entry->family != nullptr && wanted(*entry->family)) families.push_back(entry->family);
      }
    }
    for (const auto& family : families) static_cast<void>(family->reset());
  }

  [[nodiscard]] Registry& registry() const noexcept { return registry_; }

 private:
  struct Description {
    std::string help;
    std::string unit;
  };

  FamilyCore* refuse() {
    registry_.count_error();
    return nullptr;
  }

  // Null where there is no room for the name.
  const NameTable::Entry* add(std::string_view name, Storage storage) {
    if (is_full_.load(std::memory_order_relaxed)) return nullptr;
    std::string error;
    const NameTable::Entry* entry = nullptr;
    {
      const StructureLock lock(mutex_);
      if (const NameTable::Entry* added = names_.find(name)) return added;  // by another thread, just now
      if (names_.entries().size() < kMaxNames) {
        auto prepared = names_.prepare(name);
        auto family = registry_.try_add_family(spec_of(name, storage), error);
        entry = names_.add(std::move(prepared), std::move(family));
      } else if (!is_full_.exchange(true)) {
        error = full_message(name);
      }
    }
    if (!error.empty()) registry_.report(error);
    return entry;
  }

  // Under the lock.
  [[nodiscard]] FamilySpec spec_of(std::string_view name, Storage storage) const {
    FamilySpec spec;
    spec.name = name;
    spec.storage = storage;
    spec.dynamic_labels = true;
    spec.help = usual_help(storage);
    if (storage == Storage::timing) spec.unit = "seconds", spec.recent = kRecent;
    if (storage == Storage::gauge) spec.statistics = GaugeTracking::on;
    const auto found = descriptions_.find(name);
    if (found != descriptions_.end()) {
      spec.help = found->second.help;
      if (storage != Storage::timing) spec.unit = found->second.unit;
    }
    return spec;
  }

  Registry& registry_;
  std::atomic<bool> is_full_{false};
  std::mutex mutex_;  // adding names; never taken to find one
  NameTable names_;
  std::map<std::string, Description, std::less<>> descriptions_;
};

Collector::Collector(Registry& registry) : impl_(std::make_unique<Impl>(registry)) {}

Collector::~Collector() = default;

void Collector::describe(std::string_view name, std::string_view help, std::string_view unit) {
  impl_->describe(name, help, unit);
}

void Collector::increment(std::string_view name, std::int64_t amount, Labels tags) noexcept {
  if (!impl_->is_on()) return;
  if (amount < 0) return cells::refuse(cells::Refusal::negative);
  guarded([&] {
    if (FamilyCore* family = impl_->family(name, Storage::whole)) {
      family->record(tags, [amount](const Series& series) {
        cells::add(series.cell, static_cast<std::uint64_t>(amount));
      });
    }
  });
}

void Collector::decrement(std::string_view name, std::int64_t amount, Labels tags) noexcept {
  if (!impl_->is_on()) return;
  guarded([&] {
    if (FamilyCore* family = impl_->family(name, Storage::signed_whole)) {
      family->record(tags, [amount](const Series& series) {
        cells::add(series.cell, -static_cast<std::uint64_t>(amount));
      });
    }
  });
}

void Collector::gauge(std::string_view name, double value, Labels tags) noexcept {
  if (!impl_->is_on()) return;
  guarded([&] {
    if (FamilyCore* family = impl_->family(name, Storage::gauge)) {
      family->record(tags, [value](const Series& series) { Gauge(parts_for_now(series)).set(value); });
    }
  });
}

void Collector::timing(std::string_view name, double seconds, Labels tags) noexcept {
  if (!impl_->is_on()) return;
  guarded([&] {
    if (FamilyCore* family = impl_->family(name, Storage::timing)) {
      family->record(tags,
                     [seconds](const Series& series) { timing_for_now(series).record_seconds(seconds); });
    }
  });
}

CollectorTimer Collector::timer(std::string_view name, Labels tags) noexcept {
  Timing timing;
  if (!impl_->is_on()) return {nullptr, name, timing};
  guarded([&] {
    if (FamilyCore* family = impl_->family(name, Storage::timing)) timing = Timing(family->resolve(tags));
  });
  return {this, name, std::move(timing)};
}

std::optional<TimingStatistics> Collector::get_timing(std::string_view name, Labels tags) const {
  const FamilyCore* family = impl_->existing(name);
  if (family == nullptr || family->storage() != Storage::timing) return std::nullopt;
  const SeriesHandle series = family->find_existing(tags);
  if (series.get() == nullptr) return std::nullopt;
  const HistogramValue value = read_histogram(*series.get(), Storage::timing, nullptr);
  if (value.count() == 0) return std::nullopt;
  return TimingStatistics{.count = value.count(),
                          .total = value.sum(),
                          .mean = value.mean(),
                          .min = value.min(),
                          .max = value.max(),
                          .p50 = value.quantile(0.5),
                          .p95 = value.quantile(0.95),
                          .p99 = value.quantile(0.99)};
}

std::optional<std::int64_t> Collector::get_counter(std::string_view name, Labels tags) const {
  const FamilyCore* family = impl_->existing(name);
  if (family == nullptr || !is_count(family->storage())) return std::nullopt;
  const SeriesHandle series = family->find_existing(tags);
  if (series.get() == nullptr) return std::nullopt;
  return static_cast<std::int64_t>(read_number(*series.get(), Storage::signed_whole));
}

std::optional<GaugeReading> Collector::get_gauge(std::string_view name, Labels tags) const {
  const FamilyCore* family = impl_->existing(name);
  if (family == nullptr || family->storage() != Storage::gauge) return std::nullopt;
  const SeriesHandle series = family->find_existing(tags);
  if (series.get() == nullptr) return std::nullopt;
  const GaugeStatistics statistics = series.get()->extra->gauge->read();
  if (statistics.count == 0) return std::nullopt;
  return GaugeReading{.current = std::bit_cast<double>(read_number(*series.get(), Storage::gauge)),
                      .min = statistics.min,
                      .max = statistics.max,
                      .mean = statistics.mean,
                      .count = statistics.count,
                      .last_update = statistics.last_update};
}

std::shared_ptr<const Snapshot> Collector::get_all() const { return impl_->registry().snapshot(); }

void Collector::reset() {
  impl_->reset([](const FamilyCore& /*any*/) { return true; });
}

void Collector::reset_counters() {
  impl_->reset([](const FamilyCore& family) { return family.counts(); });
}

bool Collector::enabled() const noexcept { return impl_->enabled.load(std::memory_order_relaxed); }

void Collector::set_enabled(bool on) noexcept { impl_->enabled.store(on, std::memory_order_relaxed); }

CollectorTimer::CollectorTimer(Collector* collector, std::string_view name, Timing timing) noexcept
    : collector_(collector),
      name_(name),
      timing_(std::move(timing)),
      exceptions_(std::uncaught_exceptions()),
      running_(collector != nullptr),
      watch_(running_ ? Stopwatch() : Stopwatch(Stopwatch::Idle::idle)) {}

CollectorTimer::~CollectorTimer() {
  if (running_ && std::uncaught_exceptions() > exceptions_) {
    guarded([this] { timing_ = collector_->impl_->timing_of_failures(name_, timing_); });
  }
  stop();
}

std::chrono::nanoseconds CollectorTimer::stop() noexcept {
  if (!std::exchange(running_, false)) return {};
  const std::chrono::nanoseconds elapsed = watch_.elapsed();
  timing_.record(elapsed);
  return elapsed;
}

}  // namespace kymo::inline v0
