#include <kymo/core/registry.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include <kymo/core/names.h>
#include <kymo/core/snapshot_builder.h>
#include <kymo/core/stopwatch.h>

#include "family_core.h"
#include "label_text.h"
#include "process.h"
#include "registration.h"
#include "self_metrics.h"

namespace kymo::inline v0 {
namespace {

std::optional<std::string> bounds_error(std::string_view name, std::string_view what,
                                        const std::vector<double>& bounds) {
  const bool finite =
      std::all_of(bounds.begin(), bounds.end(), [](double bound) { return std::isfinite(bound); });
  const bool ascending =
      std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>()) == bounds.end();
  if (finite && ascending) return std::nullopt;
  return std::string(what) + " of \"" + std::string(name) + "\" must be finite and ascend without repeating";
}

std::optional<std::string> text_bounds_error(std::string_view name, const std::vector<double>& bounds) {
  const auto is_power_of_two = [](double bound) {
    int exponent = 0;
    return std::frexp(bound, &exponent) == 0.5;
  };
  if (std::all_of(bounds.begin(), bounds.end(), is_power_of_two))
    return bounds_error(name, "text_bounds", bounds);
  return "text_bounds of \"" + std::string(name) +
         "\" must be powers of two, where an exponential histogram's counts are exact; for others give "
         "`bounds`";
}

std::optional<std::string> keys_error(std::string_view name, const std::vector<std::string>& keys) {
  for (auto key = keys.begin(); key != keys.end(); ++key) {
    if (auto error = label_key_error(*key)) return "metric \"" + std::string(name) + "\": " + *error;
    const auto same =
        std::find_if(keys.begin(), key, [&](const auto& one) { return is_same_key(one, *key); });
    if (same != key) {
      return "metric \"" + std::string(name) + "\" has the label key \"" + *key + "\" twice" +
             (*same == *key ? "" : ", once written \"" + *same + "\"");
    }
  }
  return std::nullopt;
}

std::vector<Label> label_views(const std::vector<std::pair<std::string, std::string>>& owned) {
  std::vector<Label> views;
  views.reserve(owned.size());
  for (const auto& [key, value] : owned) views.push_back({key, value});
  return views;
}

std::optional<std::string> spec_error(const FamilySpec& spec) {
  if (auto error = name_error(spec.kind(), spec.name)) return error;
  if (auto error = unit_error(spec.unit)) return "metric \"" + spec.name + "\": " + *error;
  if (auto error = keys_error(spec.name, spec.label_keys)) return error;
  if (auto error = bounds_error(spec.name, "bounds", spec.bounds)) return error;
  return text_bounds_error(spec.name, spec.text_bounds);
}

}  // namespace

class Registry::Impl final : public std::enable_shared_from_this<Registry::Impl> {
 public:
  explicit Impl(RegistryOptions options)
      : options_(std::move(options)), shared_(std::make_shared<FamilyShared>()) {
    shared_->max_series_per_family = options_.max_series_per_family;
    shared_->max_series = options_.max_series;
    shared_->max_label_value_bytes = options_.max_label_value_bytes;
    ticks::calibrate();
  }

  std::shared_ptr<FamilyCore> add_family(FamilySpec spec) {
    std::string error;
    auto family = try_add_family(std::move(spec), error);
    return family != nullptr ? family : fail(error);
  }

  std::shared_ptr<FamilyCore> try_add_family(FamilySpec spec, std::string& error) {
    if (auto wrong = spec_error(spec)) return error = *wrong, nullptr;
    auto descriptor =
        std::make_shared<const Descriptor>(make_descriptor(spec.kind(), spec.name, spec.help, spec.unit));
    auto family = std::make_shared<FamilyCore>(std::move(spec), descriptor, shared_);
    const StructureLock lock(mutex_);
    // Before the names are taken: from here on nothing needs memory.
    if (families_.size() == families_.capacity()) families_.reserve(2 * families_.size() + 1);
    if (auto clash = claim_names(*descriptor)) return error = *clash, nullptr;
    families_.push_back(family);
    return family;
  }

  void report(const std::string& message) {
    count_error();
    if (options_.error_sink) options_.error_sink(message);
  }
  void count_error() noexcept { shared_->errors.fetch_add(1, std::memory_order_relaxed); }

  Registration add_observed(Kind kind, std::string_view name, std::string_view help,
                            std::function<double()> callback, const ObservedOptions& options);

  Registration add_producer(Producer producer, std::function<void()> after_end) {
    auto on_end = [weak = weak_from_this(), after = std::move(after_end)](const Registration::Slot* slot) {
      if (const auto self = weak.lock()) self->remove_producer(slot);
      if (after) after();
    };
    auto slot = std::make_shared<Registration::Slot>(std::move(producer), std::move(on_end));
    const StructureLock lock(mutex_);
    producers_.push_back(slot);
    return Registration(std::move(slot));
  }

  std::shared_ptr<const Snapshot> snapshot() {
    const auto time = std::chrono::system_clock::now();
    const auto now = std::chrono::steady_clock::now();
    ticks::calibrate();
    SnapshotBuilder builder;
    for (const auto& family : copied(families_)) builder.add_family(family->collect(now));
    write_self_metrics({*shared_, producer_errors_.load(std::memory_order_relaxed)}, builder);
    for (const auto& slot : copied(producers_)) {
      if (slot->run(builder) == Registration::Slot::Outcome::threw) {
        producer_errors_.fetch_add(1, std::memory_order_relaxed);
      }
    }
    auto snapshot = builder.finish(time, now - started_);
    producer_errors_.fetch_add(builder.errors(), std::memory_order_relaxed);
    return snapshot;
  }

  std::shared_ptr<const Snapshot> reset(bool only_counters) {
    SnapshotBuilder builder;
    const auto time = std::chrono::system_clock::now();
    for (const auto& family : copied(families_)) {
      if (!only_counters || family->counts()) builder.add_family(family->reset());
    }
    return builder.finish(time, std::chrono::steady_clock::now() - started_);
  }

  [[nodiscard]] std::size_t series_count() const noexcept {
    return shared_->series.load(std::memory_order_relaxed);
  }

 private:
  struct Observed {
    Descriptor descriptor;
    std::vector<std::string> samples;
    std::set<std::string> label_sets;
  };

  /// The name and labels of an observed value, given back where its registration fails half-way.
  class ObservedClaim final {
   public:
    ObservedClaim(Impl& registry, const std::string& name, const std::string& labels) noexcept
        : registry_(&registry), name_(name), labels_(labels) {}
    ObservedClaim(const ObservedClaim&) = delete;
    ObservedClaim& operator=(const ObservedClaim&) = delete;
    ~ObservedClaim() {
      if (registry_ != nullptr) registry_->release_observed(name_, labels_);
    }
    void keep() noexcept { registry_ = nullptr; }

   private:
    Impl* registry_;
    const std::string& name_;
    const std::string& labels_;
  };

  template <class T>
  std::vector<T> copied(const std::vector<T>& list) {
    const StructureLock lock(mutex_);
    return list;
  }

  std::shared_ptr<FamilyCore> fail(const std::string& message) {
    report(message);
#if defined(__cpp_exceptions)
    if (options_.on_error == OnError::throw_exception) throw RegistrationError(message);
#endif
    return nullptr;
  }

  // Under the lock: takes the family's sample names, or says who has one. All of them or none.
  std::optional<std::string> claim_names(const Descriptor& descriptor) {
    const std::vector<std::string> names = sample_names(descriptor);
    for (const std::string& name : names) {
      const auto taken = taken_.find(name);
      if (taken != taken_.end()) return clash_message(descriptor, name, taken->second);
    }
    std::map<std::string, Descriptor> fresh;
    for (const std::string& name : names) fresh.emplace(name, descriptor);
    taken_.merge(fresh);
    return std::nullopt;
  }

  static std::string clash_message(const Descriptor& descriptor, const std::string& sample,
                                   const Descriptor& owner) {
    const std::string kind(kind_name(descriptor.kind));
    const std::string owner_kind(kind_name(owner.kind));
    if (descriptor.name == owner.name && descriptor.kind != owner.kind) {
      return "metric \"" + descriptor.name + "\" is already registered as a " + owner_kind + ", not a " +
             kind + "; choose another name";
    }
    if (descriptor.name == owner.name) {
      return kind + " \"" + descriptor.name +
             "\" is already registered; keep what the first registration returned";
    }
    return kind + " \"" + descriptor.name + "\" would be exposed as " + sample + ", which " + owner_kind +
           " \"" + owner.name + "\" already is; choose another name";
  }

  std::optional<std::string> claim_observed(const Descriptor& descriptor, const std::string& labels) {
    const auto found = observed_.find(descriptor.name);
    if (found == observed_.end()) {
      std::map<std::string, Observed> fresh;
      fresh.emplace(descriptor.name, Observed{descriptor, sample_names(descriptor), {labels}});
      if (auto clash = claim_names(descriptor)) return clash;
      observed_.merge(fresh);
      return std::nullopt;
    }
    const Descriptor& first = found->second.descriptor;
    if (first.kind != descriptor.kind || first.unit != descriptor.unit || first.help != descriptor.help) {
      return "metric \"" + descriptor.name + "\" is already observed as a " +
             std::string(kind_name(first.kind)) + " with another kind, unit or help; they must agree";
    }
    if (!found->second.label_sets.insert(labels).second) {
      return "metric \"" + descriptor.name + "\" is already observed with the labels {" + labels + "}";
    }
    return std::nullopt;
  }

  void release_observed(const std::string& name, const std::string& labels) noexcept {
    const StructureLock lock(mutex_);
    const auto found = observed_.find(name);
    if (found == observed_.end()) return;
    found->second.label_sets.erase(labels);
    if (!found->second.label_sets.empty()) return;
    for (const std::string& sample : found->second.samples) taken_.erase(sample);
    observed_.erase(found);
  }

  void remove_producer(const Registration::Slot* slot) {
    const StructureLock lock(mutex_);
    std::erase_if(producers_, [slot](const auto& held) { return held.get() == slot; });
  }

  RegistryOptions options_;
  std::shared_ptr<FamilyShared> shared_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<std::uint64_t> producer_errors_{0};

  std::mutex mutex_;  // the members below; never held while user code runs
  std::vector<std::shared_ptr<FamilyCore>> families_;
  std::vector<std::shared_ptr<Registration::Slot>> producers_;
  std::map<std::string, Descriptor> taken_;
  std::map<std::string, Observed> observed_;
};

Registration Registry::Impl::add_observed(Kind kind, std::string_view name, std::string_view help,
                                          std::function<double()> callback, const ObservedOptions& options) {
  FamilySpec spec;
  spec.storage = kind == Kind::counter ? FamilySpec::Storage::floating : FamilySpec::Storage::gauge;
  spec.name = name;
  spec.help = help;
  spec.unit = options.unit;
  for (const auto& [key, value] : options.labels) spec.label_keys.push_back(key);
  if (auto error = spec_error(spec)) return fail(*error), Registration();

  std::string rendered;
  render_labels(label_views(options.labels), options_.max_label_value_bytes, rendered);
  std::optional<std::string> clash;
  {
    const StructureLock lock(mutex_);
    clash = claim_observed(make_descriptor(kind, name, help, options.unit), rendered);
  }
  if (clash) return fail(*clash), Registration();
  ObservedClaim claim(*this, spec.name, rendered);

  auto producer = [kind, spec, held = options.labels, call = std::move(callback)](SnapshotWriter& writer) {
    const double value = call();
    if (std::isnan(value)) return;
    const std::vector<Label> labels = label_views(held);
    const FamilyOptions family{.name = spec.name, .help = spec.help, .unit = spec.unit};
    (kind == Kind::counter ? writer.counter(family) : writer.gauge(family)).add(Labels(labels), value);
  };
  Registration registration =
      add_producer(std::move(producer), [weak = weak_from_this(), metric = spec.name, rendered] {
        if (const auto self = weak.lock()) self->release_observed(metric, rendered);
      });
  claim.keep();
  return registration;
}

Registry::Registry(RegistryOptions options) : impl_(std::make_shared<Impl>(std::move(options))) {}

Registry::~Registry() = default;

std::shared_ptr<FamilyCore> Registry::add_family(std::string_view name, std::string_view help,
                                                 FamilySpec spec) {
  spec.name = name;
  spec.help = help;
  return impl_->add_family(std::move(spec));
}

std::shared_ptr<FamilyCore> Registry::try_add_family(FamilySpec spec, std::string& error) {
  return impl_->try_add_family(std::move(spec), error);
}

void Registry::report(const std::string& error) { impl_->report(error); }

void Registry::count_error() noexcept { impl_->count_error(); }

SeriesParts Registry::single_series(const std::shared_ptr<FamilyCore>& family) {
  return family == nullptr ? SeriesParts() : family->resolve({});
}

SeriesParts FamilyHandle::resolve(Labels labels) const {
  return core_ == nullptr ? SeriesParts() : core_->resolve(labels);
}

Registration Registry::observe_gauge(std::string_view name, std::string_view help,
                                     std::function<double()> callback, const ObservedOptions& options) {
  return impl_->add_observed(Kind::gauge, name, help, std::move(callback), options);
}

Registration Registry::observe_counter(std::string_view name, std::string_view help,
                                       std::function<double()> callback, const ObservedOptions& options) {
  return impl_->add_observed(Kind::counter, name, help, std::move(callback), options);
}

Registration Registry::add_producer(Producer producer) {
  return impl_->add_producer(std::move(producer), nullptr);
}

std::shared_ptr<const Snapshot> Registry::snapshot() { return impl_->snapshot(); }

std::shared_ptr<const Snapshot> Registry::reset() { return impl_->reset(false); }

std::shared_ptr<const Snapshot> Registry::reset_counters() { return impl_->reset(true); }

std::size_t Registry::series_count() const noexcept { return impl_->series_count(); }

// Never destroyed: static objects may record, register or read late.
Registry& default_registry() {
  Process& shared = process();
  {
    const StructureLock lock(shared.registry_mutex);
    if (shared.default_registry != nullptr) return *shared.default_registry;
  }
  auto* made = new Registry;  // without the lock, which it takes for itself
  const StructureLock lock(shared.registry_mutex);
  if (shared.default_registry == nullptr) {
    shared.default_registry = made;
  } else {
    delete made;  // another thread was faster
  }
  return *shared.default_registry;
}

}  // namespace kymo::inline v0
