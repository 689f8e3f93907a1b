#include "metric_names.h"

#include <utility>

#include <kymo/core/names.h>

namespace kymo::KYMO_ABI {

MetricNames::Metric* MetricNames::find(std::string_view name) {
  const auto found = metrics_.find(name);
  return found == metrics_.end() ? nullptr : &found->second;
}

MetricNames::Metric* MetricNames::add(const std::shared_ptr<const Descriptor>& descriptor,
                                      std::string& error) {
  // Makes the nodes before any change; they keep their addresses when merged.
  std::map<std::string, Metric, std::less<>> fresh;
  Metric& metric = fresh.emplace(descriptor->name, Metric{descriptor, nullptr, {}, sample_names(*descriptor)})
                       .first->second;
  if (auto taken = clash(metric, *descriptor, metric.samples)) return error = *std::move(taken), nullptr;
  Samples samples;
  for (const std::string& sample : metric.samples) samples.emplace(sample, &metric);
  samples_.merge(samples);
  return &metrics_.insert(fresh.extract(fresh.begin())).position->second;
}

std::optional<std::string> MetricNames::change(Metric& metric, std::shared_ptr<const Descriptor> descriptor) {
  std::vector<std::string> names = sample_names(*descriptor);
  if (auto taken = clash(metric, *descriptor, names)) return taken;
  Samples samples;
  for (const std::string& sample : names) samples.emplace(sample, &metric);
  release(metric, samples);
  samples_.merge(samples);
  metric.samples.swap(names);
  metric.descriptor = std::move(descriptor);
  return std::nullopt;
}

void MetricNames::remove(const Metric& metric) noexcept {
  release(metric, {});
  metrics_.erase(metrics_.find(metric.descriptor->name));
}

std::optional<std::string> MetricNames::clash(const Metric& metric, const Descriptor& descriptor,
                                              const std::vector<std::string>& names) const {
  for (const std::string& sample : names) {
    const auto taken = samples_.find(sample);
    if (taken == samples_.end() || taken->second == &metric) continue;
    const Descriptor& owner = *taken->second->descriptor;
    return std::string(kind_name(descriptor.kind)) + " \"" + descriptor.name + "\" would be exposed as " +
           sample + ", which " + std::string(kind_name(owner.kind)) + " \"" + owner.name +
           "\" already is; choose another name";
  }
  return std::nullopt;
}

// Releases the metric's sample names except the kept ones. Look-ups by name: a walk over all metrics' names
// would take longer with each metric.
void MetricNames::release(const Metric& metric, const Samples& kept) noexcept {
  for (const std::string& sample : metric.samples) {
    if (!kept.contains(sample)) samples_.erase(samples_.find(sample));
  }
}

std::string taken_message(const Descriptor& taken, Kind wanted) {
  const std::string kind(kind_name(wanted));
  if (taken.kind != wanted) {
    return "metric \"" + taken.name + "\" is already registered as a " + std::string(kind_name(taken.kind)) +
           ", not a " + kind + "; choose another name";
  }
  return kind + " \"" + taken.name + "\" is already registered; keep what the first registration returned";
}

}  // namespace kymo::KYMO_ABI
