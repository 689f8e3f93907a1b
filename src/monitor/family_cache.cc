#include "family_cache.h"

#include <string>
#include <utility>

namespace kymo::KYMO_ABI::monitor {
namespace {

FamilyWriter open_family(SnapshotWriter& writer, const Descriptor& descriptor) {
  const FamilyOptions options{descriptor.name, descriptor.help, descriptor.unit};
  switch (descriptor.kind) {
    case Kind::counter: return writer.counter(options);
    case Kind::histogram: return writer.histogram(options);
    default: return writer.gauge(options);
  }
}

void write_point(FamilyWriter& family, const Point& point) {
  std::vector<LabelsView::Entry> entries;
  for (auto entry : point.labels) entries.push_back(std::move(entry));
  std::vector<Label> labels;
  labels.reserve(entries.size());
  for (const auto& entry : entries) labels.push_back({entry.key, entry.value});
  if (point.histogram != nullptr)
    family.add(labels, *point.histogram);
  else
    family.add(labels, to_double(point.number));
}

}  // namespace

void FamilyCache::replace(Families families) {
  auto fresh = std::make_shared<const Families>(std::move(families));
  const std::lock_guard lock(mutex_);
  families_.swap(fresh);
}

void FamilyCache::write(SnapshotWriter& writer) const {
  std::shared_ptr<const Families> families;
  {
    const std::lock_guard lock(mutex_);
    families = families_;
  }
  for (const FamilySnapshot& family : *families) {
    FamilyWriter out = open_family(writer, family.descriptor());
    for (std::size_t i = 0; i < family.size(); ++i) write_point(out, family.point(i));
  }
}

}  // namespace kymo::KYMO_ABI::monitor
