#include "snapshot_frame.h"

#include <chrono>

namespace kymo::KYMO_ABI::terminal {
namespace {

/// Merges 64 buckets an octave to a frame's eight.
std::int32_t merged(std::int32_t index) { return (index >= 0 ? index : index - 7) / 8; }

HistogramReading reading_of(const HistogramValue& value) {
  HistogramReading reading{static_cast<double>(value.count()), value.sum(), value.min(), value.max(), {}};
  for (const auto& bucket : value.negative_buckets()) {
    reading.buckets[negative_bucket(merged(bucket.index))] += static_cast<double>(bucket.count);
  }
  for (const auto& bucket : value.buckets())
    reading.buckets[merged(bucket.index)] += static_cast<double>(bucket.count);
  if (value.zero_count() > 0) reading.buckets[kZeroBucket] = static_cast<double>(value.zero_count());
  return reading;
}

Reading reading_of(const Point& point) {
  if (point.histogram != nullptr) return reading_of(*point.histogram);
  if (point.window != nullptr) {
    const WindowValue& window = *point.window;
    const auto count = static_cast<double>(window.sorted.size());
    return WindowReading{count, count > 0 ? window.mean() : kUnknown, window.quantile(0.5),
                         window.quantile(0.95), window.quantile(0.99)};
  }
  return to_double(point.number);
}

LabelList labels_of(LabelsView labels) {
  LabelList list;
  for (const auto& label : labels) list.emplace_back(label.key, label.value);
  return list;
}

}  // namespace

void take_snapshot(const Snapshot& snapshot, SeriesStore& store) {
  store.forget_ids();
  std::uint32_t family_id = 0;
  std::uint32_t id = 0;
  for (const FamilySnapshot& family : snapshot.families) {
    if (family.empty()) continue;
    const Descriptor& descriptor = family.descriptor();
    store.adopt_family(family_id, descriptor.name, descriptor.kind, descriptor.unit);
    for (std::size_t i = 0; i < family.size(); ++i)
      store.adopt_series(id++, family_id, labels_of(family.point(i).labels));
    ++family_id;
  }
  store.end_unnamed();
  const double time = std::chrono::duration<double>(snapshot.time.time_since_epoch()).count();
  const double uptime = std::chrono::duration<double>(snapshot.uptime).count();
  store.follow_clock(time, uptime);
  store.begin(std::nullopt, time);
  id = 0;
  for (const FamilySnapshot& family : snapshot.families) {
    for (std::size_t i = 0; i < family.size(); ++i) store.set(id++, reading_of(family.point(i)), false);
  }
  store.set_uptime(uptime);
}

}  // namespace kymo::KYMO_ABI::terminal
