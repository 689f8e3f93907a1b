#include <kymo/core/registry.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>
#include <optional>
#include <utility>

#include <kymo/core/names.h>
#include <kymo/core/snapshot_builder.h>
#include <kymo/core/stopwatch.h>

#include "family_core.h"
#include "label_text.h"
#include "process.h"
#include "registration.h"
#include "registry_impl.h"
#include "series_reader.h"

namespace kymo::KYMO_ABI {
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

// A series stores its last change as 32 bits of milliseconds, which wrap after 49.7 days.
std::optional<std::string> expiry_error(const FamilySpec& spec) {
  constexpr std::chrono::hours kMost(49 * 24);
  if (spec.series.expire_after <= kMost) return std::nullopt;
  return "metric \"" + spec.name + "\": expire_after is " +
         std::to_string(std::chrono::duration_cast<std::chrono::hours>(spec.series.expire_after).count()) +
         " hours; it may be 1176 (49 days) at most, or 0 for never";
}

std::optional<std::string> spec_error(const FamilySpec& spec) {
  if (auto error = name_error(spec.name)) return error;
  if (auto error = unit_error(spec.unit)) return "metric \"" + spec.name + "\": " + *error;
  if (auto error = keys_error(spec.name, spec.label_keys)) return error;
  if (auto error = bounds_error(spec.name, "bounds", spec.bounds)) return error;
  if (auto error = expiry_error(spec)) return error;
  return text_bounds_error(spec.name, spec.text_bounds);
}

std::string other_unit_message(const Descriptor& recorded, std::string_view unit) {
  return "metric \"" + recorded.name + "\" has the unit \"" + recorded.unit + "\", not \"" +
         std::string(unit) + "\"; give both the same";
}

}  // namespace

/// The name and labels of an observed value, released if its registration fails half-way.
class Registry::Impl::ObservedClaim final {
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

Registry::Impl::Impl(RegistryOptions options)
    : options_(std::move(options)),
      shared_(std::make_shared<FamilyShared>(options_.error_sink)),
      callbacks_(options_.callback_deadline) {
  shared_->max_series_per_family = options_.max_series_per_family;
  shared_->max_series = options_.max_series;
  shared_->max_label_value_bytes = options_.max_label_value_bytes;
  if (shared_->refusals.has_sink()) make_sayer();
  ticks::calibrate();
}

std::shared_ptr<FamilyCore> Registry::Impl::fail(const std::string& message) {
#if defined(__cpp_exceptions)
  if (options_.on_error == OnError::throw_exception) {
    count_error();
    shared_->refusals.tell(message);
    throw RegistrationError(message);
  }
#endif
  refuse(message);
  return nullptr;
}

void Registry::Impl::refuse(const std::string& message) {
  count_error();
  if (!shared_->refusals.say_once(message)) shared_->refusals.tell(message);
}

std::shared_ptr<FamilyCore> Registry::Impl::add_family(FamilySpec spec) {
  if (const auto error = spec_error(spec)) return fail(*error);
  const SeriesPolicy series = spec.series;
  auto text_bounds = FamilyCore::text_bounds_of(spec);
  std::string error;
  std::shared_ptr<FamilyCore> family;
  {
    const StructureLock lock(mutex_);
    MetricNames::Metric* metric = names_.find(spec.name);
    if (metric == nullptr) {
      family = add_new(std::move(spec), true, error);
      if (family != nullptr) return family;
    } else if (auto clash = take_over(*metric, spec)) {
      error = *std::move(clash);
    } else {
      family = metric->family;
    }
  }
  if (family == nullptr) return fail(error);
  // Without the lock: this waits for a running Snapshot.
  family->take_policy(series, std::move(text_bounds));
  return family;
}

std::shared_ptr<FamilyCore> Registry::Impl::add_new(FamilySpec spec, bool is_registered, std::string& error) {
  auto descriptor =
      std::make_shared<const Descriptor>(make_descriptor(spec.kind(), spec.name, spec.help, spec.unit));
  auto family = std::make_shared<FamilyCore>(std::move(spec), descriptor, shared_, is_registered);
  // Before the names are taken: nothing after this allocates.
  if (families_.size() == families_.capacity()) families_.reserve(2 * families_.size() + 1);
  MetricNames::Metric* metric = names_.add(std::move(descriptor), error);
  if (metric == nullptr) return nullptr;
  metric->family = family;
  families_.push_back(family);
  return family;
}

std::optional<std::string> Registry::Impl::take_over(MetricNames::Metric& metric, const FamilySpec& spec) {
  const Descriptor& is = *metric.descriptor;
  if (metric.family == nullptr || metric.family->is_registered() || !metric.observed.empty()) {
    return taken_message(is, spec.kind());
  }
  FamilyCore& family = *metric.family;
  const bool may_go_down = is_whole(family.storage()) && spec.storage == FamilySpec::Storage::signed_whole;
  if (is.kind != spec.kind() && !may_go_down) return taken_message(is, spec.kind());
  if (!is.unit.empty() && is.unit != spec.unit) return other_unit_message(is, spec.unit);
  if (!family.has_form_of(spec)) return supersede(metric, spec);
  if (auto clash =
          describe(metric, make_descriptor(spec.kind(), spec.name, spec.help, spec.unit), spec.storage))
    return clash;
  family.set_registered();
  return std::nullopt;
}

// Records by name stay in their cells, which have another form.
std::optional<std::string> Registry::Impl::supersede(MetricNames::Metric& metric, FamilySpec spec) {
  auto descriptor =
      std::make_shared<const Descriptor>(make_descriptor(spec.kind(), spec.name, spec.help, spec.unit));
  auto family = std::make_shared<FamilyCore>(std::move(spec), descriptor, shared_, true);
  if (auto clash = names_.change(metric, std::move(descriptor))) return clash;
  count_freed_names();
  family->take_any_labels();
  family->set_predecessor(metric.family);
  std::replace(families_.begin(), families_.end(), metric.family, family);
  metric.family = std::move(family);
  return std::nullopt;
}

std::optional<std::string> Registry::Impl::describe(MetricNames::Metric& metric, Descriptor descriptor,
                                                    FamilySpec::Storage storage) {
  auto shared = std::make_shared<const Descriptor>(std::move(descriptor));
  if (auto clash = names_.change(metric, shared)) return clash;
  if (metric.family != nullptr) metric.family->describe(std::move(shared), storage);
  count_freed_names();
  return std::nullopt;
}

std::shared_ptr<FamilyCore> Registry::Impl::join(FamilySpec spec, std::string& error) {
  if (auto wrong = spec_error(spec)) return error = *std::move(wrong), nullptr;
  const StructureLock lock(mutex_);
  MetricNames::Metric* metric = names_.find(spec.name);
  if (metric == nullptr) return add_new(std::move(spec), false, error);
  const Descriptor& is = *metric->descriptor;
  // Kymo chose a timing's unit, not the user; a mismatch is found at the first duration.
  const bool is_described = traits_of(spec.storage).unit.empty() && !spec.unit.empty();
  if (is_described && spec.unit != is.unit) return error = other_unit_message(is, spec.unit), nullptr;
  if (metric->family != nullptr) {
    metric->family->take_any_labels();
    return metric->family;
  }
  // So far only callbacks give it.
  if (is.kind != spec.kind()) return error = taken_message(is, spec.kind()), nullptr;
  spec.help = is.help;
  spec.unit = is.unit;
  auto family = std::make_shared<FamilyCore>(std::move(spec), metric->descriptor, shared_, false);
  if (families_.size() == families_.capacity()) families_.reserve(2 * families_.size() + 1);
  family->set_observed(true);
  families_.push_back(family);
  metric->family = family;
  return family;
}

std::optional<std::string> Registry::Impl::let_go_down(FamilyCore& family) {
  const StructureLock lock(mutex_);
  if (family.storage() == FamilySpec::Storage::signed_whole) return std::nullopt;
  const Descriptor is = *family.descriptor();
  MetricNames::Metric* metric = names_.find(is.name);
  if (family.is_registered() || family.is_observed() || metric == nullptr) {
    return "metric \"" + is.name +
           "\" is registered as a counter, which only grows; register an up-down counter for what goes down";
  }
  return describe(*metric, make_descriptor(Kind::up_down_counter, is.name, is.help, is.unit),
                  FamilySpec::Storage::signed_whole);
}

std::shared_ptr<FamilyCore> Registry::Impl::find(std::string_view name) {
  const StructureLock lock(mutex_);
  const MetricNames::Metric* metric = names_.find(name);
  return metric == nullptr ? nullptr : metric->family;
}

bool Registry::Impl::has_producers() {
  const StructureLock lock(mutex_);
  return !producers_.empty();
}

Registration Registry::Impl::add_producer(Producer producer, const ProducerOptions& options,
                                          std::function<void()> after_end) {
  auto on_end = [weak = weak_from_this(), after = std::move(after_end)](const Registration::Slot* slot) {
    if (const auto self = weak.lock()) self->remove_producer(slot);
    if (after) after();
  };
  auto slot = std::make_shared<Registration::Slot>(std::move(producer), options, std::move(on_end));
  const StructureLock lock(mutex_);
  producers_.push_back(slot);
  return Registration(std::move(slot));
}

std::shared_ptr<const Snapshot> Registry::Impl::reset(ResetScope scope) {
  SnapshotBuilder builder;
  const auto time = std::chrono::system_clock::now();
  for (const auto& family : copied(families_)) {
    if (scope == ResetScope::all || family->only_grows()) builder.add_family(family->reset(scope));
  }
  return builder.finish(time, std::chrono::steady_clock::now() - started_);
}

std::optional<std::string> Registry::Impl::claim_observed(Descriptor descriptor, const std::string& labels) {
  MetricNames::Metric* metric = names_.find(descriptor.name);
  if (metric == nullptr) {
    std::string clash;
    std::set<std::string> first = {labels};
    metric = names_.add(std::make_shared<const Descriptor>(std::move(descriptor)), clash);
    if (metric == nullptr) return clash;
    metric->observed.swap(first);
    return std::nullopt;
  }
  const Descriptor& is = *metric->descriptor;
  if (!metric->observed.empty()) {
    if (is.kind != descriptor.kind || is.unit != descriptor.unit || is.help != descriptor.help) {
      return "metric \"" + is.name + "\" is already observed as a " + std::string(kind_name(is.kind)) +
             " with another kind, unit or help; they must agree";
    }
    if (metric->observed.insert(labels).second) return std::nullopt;
    return "metric \"" + is.name + "\" is already observed with the labels {" + labels + "}";
  }
  // So far recorded by name, or an instrument's.
  if (metric->family->is_registered() || is.kind != descriptor.kind)
    return taken_message(is, descriptor.kind);
  if (!is.unit.empty() && is.unit != descriptor.unit) return other_unit_message(is, descriptor.unit);
  std::set<std::string> first = {labels};
  if (auto clash = describe(*metric, std::move(descriptor), metric->family->storage())) return clash;
  metric->observed.swap(first);
  metric->family->set_observed(true);
  return std::nullopt;
}

void Registry::Impl::release_observed(const std::string& name, const std::string& labels) noexcept {
  const StructureLock lock(mutex_);
  MetricNames::Metric* metric = names_.find(name);
  if (metric == nullptr) return;
  metric->observed.erase(labels);
  if (!metric->observed.empty()) return;
  if (metric->family != nullptr) return metric->family->set_observed(false);
  names_.remove(*metric);
  count_freed_names();
}

void Registry::Impl::remove_producer(const Registration::Slot* slot) {
  const StructureLock lock(mutex_);
  std::erase_if(producers_, [slot](const auto& held) { return held.get() == slot; });
}

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
      add_producer(std::move(producer), {.name = spec.name, .has_deadline = options.has_deadline},
                   [weak = weak_from_this(), metric = spec.name, rendered] {
                     if (const auto self = weak.lock()) self->release_observed(metric, rendered);
                   });
  claim.keep();
  return registration;
}

Registry::Registry(RegistryOptions options) : impl_(std::make_shared<Impl>(std::move(options))) {}

Registry::~Registry() = default;

std::shared_ptr<FamilyCore> Registry::add_family(TextView name, TextView help, FamilySpec spec) {
  spec.name = name;
  spec.help = help;
  return impl_->add_family(std::move(spec));
}

SeriesParts Registry::single_series(const std::shared_ptr<FamilyCore>& family) {
  return family == nullptr ? SeriesParts() : family->resolve({});
}

SeriesParts FamilyHandle::resolve(Labels labels) const {
  return core_ == nullptr ? SeriesParts() : core_->resolve(labels);
}

Registration Registry::observe_gauge(TextView name, TextView help, std::function<double()> callback,
                                     const ObservedOptions& options) {
  return impl_->add_observed(Kind::gauge, name, help, std::move(callback), options);
}

Registration Registry::observe_counter(TextView name, TextView help, std::function<double()> callback,
                                       const ObservedOptions& options) {
  return impl_->add_observed(Kind::counter, name, help, std::move(callback), options);
}

Registration Registry::add_producer(Producer producer, const ProducerOptions& options) {
  return impl_->add_producer(std::move(producer), options, nullptr);
}

std::shared_ptr<const Snapshot> Registry::snapshot() { return impl_->snapshot(); }

std::vector<HangingCallback> Registry::hanging_callbacks() const { return impl_->hanging_callbacks(); }

bool Registry::is_in_callback() const { return impl_->is_in_callback(); }

std::shared_ptr<const Snapshot> Registry::reset() { return impl_->reset(ResetScope::all); }

std::shared_ptr<const Snapshot> Registry::reset_counters() { return impl_->reset(ResetScope::counters); }

std::size_t Registry::series_count() const noexcept { return impl_->series_count(); }

// Never destroyed: static objects may record, register or read late.
Registry& default_registry() {
  Process& shared = process();
  {
    const StructureLock lock(shared.registry_mutex);
    if (shared.default_registry != nullptr) return *shared.default_registry;
  }
  auto* made = new Registry;  // without the lock, which the constructor takes itself
  const StructureLock lock(shared.registry_mutex);
  if (shared.default_registry == nullptr) {
    shared.default_registry = made;
  } else {
    delete made;  // another thread was faster
  }
  return *shared.default_registry;
}

}  // namespace kymo::KYMO_ABI
