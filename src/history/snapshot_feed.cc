#include "snapshot_feed.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <kymo/core/names.h>
#include <kymo/series/sample_visitor.h>

namespace kymo::KYMO_ABI::history {
namespace {

using series::kShownQuantiles;
using series::LabelSet;

/// A window is its quantiles, sum and count.
constexpr std::size_t kWindowSeries = kShownQuantiles.size() + 2;

std::size_t targets_of_one(Kind kind) noexcept { return kind == Kind::window ? kWindowSeries : 1; }

std::shared_ptr<const series::FamilyInfo> info_of(const FamilySnapshot& family) {
  const Descriptor& is = family.descriptor();
  return std::make_shared<const series::FamilyInfo>(
      series::FamilyInfo{is.family_name, is.kind, is.help, is.unit, family.text_bounds()});
}

bool is_of(const series::FamilyInfo& info, const FamilySnapshot& family) {
  const Descriptor& is = family.descriptor();
  return info.help == is.help && info.unit == is.unit && info.text_bounds == family.text_bounds();
}

ColumnKind column_kind(const FamilySnapshot& family) noexcept {
  return family.columns().number_type == FamilyColumns::NumberType::unsigned_integer &&
                 family.descriptor().kind != Kind::histogram && family.descriptor().kind != Kind::window
             ? ColumnKind::integer
             : ColumnKind::real;
}

HistogramValue::Bounds bounds_of(const FamilySnapshot& family) {
  const std::vector<HistogramValue>& histograms = family.columns().histograms;
  if (histograms.empty() || !histograms.front().has_bounds()) return nullptr;
  const auto bounds = histograms.front().bounds();
  return std::make_shared<const std::vector<double>>(bounds.begin(), bounds.end());
}

bool has_bounds_of(const HistogramValue& value, const HistogramValue::Bounds& bounds) noexcept {
  return value.has_bounds() == (bounds != nullptr) &&
         (bounds == nullptr || std::ranges::equal(value.bounds(), *bounds));
}

}  // namespace

/// A family, and where its series are.
struct SnapshotFeed::Plan {
  std::shared_ptr<const Descriptor> descriptor;
  std::shared_ptr<const series::FamilyInfo> info;
  std::shared_ptr<const std::vector<SeriesPtr>> list;  ///< of the last Snapshot; null at first
  SlotForm form;
  std::vector<Target> targets;  ///< for each series, targets_of_one() of them
  bool starts_are_due = true;   ///< the begin of each count is to be looked at

  [[nodiscard]] bool is_of(const FamilySnapshot& family) const noexcept {
    const Descriptor& other = family.descriptor();
    return descriptor.get() == &other ||
           (descriptor->kind == other.kind && descriptor->family_name == other.family_name);
  }
};

SnapshotFeed::SnapshotFeed(Head& head) : head_(head) {}

SnapshotFeed::~SnapshotFeed() = default;

void SnapshotFeed::end(const Plan& plan) noexcept {
  for (const Target& target : plan.targets) Head::end(target);
}

/// One plan for each family, in order.
void SnapshotFeed::match_families(const Snapshot& snapshot) {
  const auto is_of = [](const FamilySnapshot& family, const std::unique_ptr<Plan>& plan) {
    return plan->is_of(family);
  };
  if (std::ranges::equal(snapshot.families, plans_, is_of)) return;
  std::vector<std::unique_ptr<Plan>> matched;
  matched.reserve(snapshot.families.size());
  std::size_t next = 0;  // both are ascending by name
  const auto name_of = [&](std::size_t i) -> std::string_view { return plans_[i]->descriptor->family_name; };
  std::vector<std::size_t> sources;  // first everything that may throw
  for (const FamilySnapshot& family : snapshot.families) {
    while (next < plans_.size() && name_of(next) < family.descriptor().family_name) ++next;
    if (next < plans_.size() && plans_[next]->is_of(family)) {
      matched.emplace_back();
      sources.push_back(next++);
    } else {
      auto plan = std::make_unique<Plan>();
      plan->descriptor = family.columns().descriptor;
      matched.push_back(std::move(plan));
      sources.push_back(plans_.size());
    }
  }
  for (std::size_t i = 0; i < matched.size(); ++i) {
    if (matched[i] == nullptr) matched[i] = std::move(plans_[sources[i]]);
  }
  for (const std::unique_ptr<Plan>& plan : plans_) {
    if (plan != nullptr) end(*plan);
  }
  plans_ = std::move(matched);
}

void SnapshotFeed::prepare(const Snapshot& snapshot) {
  match_families(snapshot);
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    const FamilySnapshot& family = snapshot.families[i];
    Plan& plan = *plans_[i];
    const FamilyColumns& columns = family.columns();
    if (plan.list != columns.series || plan.form.kind != column_kind(family)) plan_series(family, plan);
  }
}

/// Series keep their targets where their labels were in the last Snapshot. Usually most lists are alike up to
/// one place, so both are walked side by side, and only the rest is looked up.
void SnapshotFeed::plan_series(const FamilySnapshot& family, Plan& plan) {
  const std::vector<SeriesPtr>& now = *family.columns().series;
  static const std::vector<SeriesPtr> kNone;
  SlotForm form{column_kind(family), bounds_of(family)};
  const bool is_changed = plan.list == nullptr || !(plan.form == form);
  if (plan.info == nullptr || !is_of(*plan.info, family)) plan.info = info_of(family);
  if (is_changed) {
    end(plan);  // those that are still there are taken up again
    plan.targets.clear();
    plan.list = nullptr;
    plan.form = std::move(form);
  }
  const std::vector<SeriesPtr>& before = is_changed ? kNone : *plan.list;
  const std::size_t each = targets_of_one(family.descriptor().kind);
  const auto is_same = [](const SeriesPtr& a, const SeriesPtr& b) {
    return a.get() == b.get() || a.labels().text() == b.labels().text();
  };
  plan.starts_are_due = true;
  if (std::ranges::equal(now, before, is_same)) {
    plan.list = family.columns().series;
    return;
  }
  std::unordered_map<std::string_view, std::size_t> places;
  std::vector<bool> stays(before.size());
  std::vector<Target> targets;
  targets.reserve(now.size() * each);
  std::size_t next = 0;
  for (std::size_t i = 0; i < now.size(); ++i) {
    std::size_t place = next;
    if (next >= before.size() || !is_same(now[i], before[next])) {
      if (places.empty()) {
        for (std::size_t old = next; old < before.size(); ++old)
          places.emplace(before[old].labels().text(), old);
      }
      const auto found = places.find(now[i].labels().text());
      place = found == places.end() ? before.size() : found->second;
    }
    if (place == before.size()) {
      add_targets(family, i, plan, targets);
      continue;
    }
    stays[place] = true;
    next = place + 1;
    const auto from = plan.targets.begin() + static_cast<std::ptrdiff_t>(place * each);
    targets.insert(targets.end(), from, from + static_cast<std::ptrdiff_t>(each));
  }
  for (std::size_t old = 0; old < before.size(); ++old) {
    for (std::size_t k = 0; k < each && !stays[old]; ++k) Head::end(plan.targets[old * each + k]);
  }
  plan.targets = std::move(targets);
  plan.list = family.columns().series;
  plan.descriptor = family.columns().descriptor;
}

void SnapshotFeed::add_targets(const FamilySnapshot& family, std::size_t index, const Plan& plan,
                               std::vector<Target>& targets) {
  const Descriptor& is = family.descriptor();
  const LabelsView labels = (*family.columns().series)[index].labels();
  const auto add = [&](std::string_view name, std::optional<Label> more = std::nullopt) {
    const auto form = is.kind == Kind::histogram ? series::SampleForm::histogram : series::SampleForm::number;
    targets.push_back(head_.get(LabelSet(name, labels, more), form, plan.info, plan.form));
  };
  switch (is.kind) {
    case Kind::counter:
    case Kind::up_down_counter:
    case Kind::gauge: return add(value_name(is));
    case Kind::histogram: return add(is.family_name);
    case Kind::window:
      for (const series::ShownQuantile& shown : kShownQuantiles)
        add(is.family_name, Label(kQuantileLabel, shown.text));
      add(sample_name(is, kSumSuffix));
      add(sample_name(is, kCountSuffix));
  }
}

/// Counts, sums and histograms have a begin.
void SnapshotFeed::write_starts(const FamilySnapshot& family, Plan& plan) {
  const Kind kind = family.descriptor().kind;
  const FamilyColumns& columns = family.columns();
  if (!plan.starts_are_due && columns.created.empty()) return;
  plan.starts_are_due = false;
  if (kind == Kind::gauge || kind == Kind::up_down_counter) return;
  const std::size_t each = targets_of_one(kind);
  for (std::size_t i = 0; i < family.size(); ++i) {
    const auto time = i < columns.created.size() ? columns.created[i] : (*columns.series)[i].created();
    for (std::size_t k = each == 1 ? 0 : kShownQuantiles.size(); k < each; ++k) {
      const Target target = plan.targets[i * each + k];
      if (target.group != nullptr) target.group->set_started(target.slot, milliseconds_of(time));
    }
  }
}

SnapshotFeed::Written SnapshotFeed::write_numbers(const FamilySnapshot& family, const Plan& plan) {
  const FamilyColumns& columns = family.columns();
  const Kind kind = family.descriptor().kind;
  const bool is_whole = plan.form.kind == ColumnKind::integer;
  const bool is_signed = columns.number_type == FamilyColumns::NumberType::signed_integer;
  Written written;
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    std::uint64_t bits = columns.numbers[i];
    if (is_signed) {
      bits = std::bit_cast<std::uint64_t>(static_cast<double>(static_cast<std::int64_t>(bits)));
    }
    const bool is_unset = i < columns.unset.size() && columns.unset[i];
    if (!series::is_sample(kind, is_whole ? 0 : std::bit_cast<double>(bits), is_unset)) continue;
    const Target target = plan.targets[i];
    if (target.group == nullptr) {
      ++written.refused;
    } else {
      target.group->set(target.slot, bits);
      ++written.samples;
    }
  }
  return written;
}

SnapshotFeed::Written SnapshotFeed::write_windows(const FamilySnapshot& family, const Plan& plan) {
  Written written;
  auto target = plan.targets.begin();
  const auto add = [&](double value) {
    if (target->group == nullptr) {
      ++written.refused;
    } else {
      target->group->set(target->slot, std::bit_cast<std::uint64_t>(value));
      ++written.samples;
    }
    ++target;
  };
  for (const WindowValue& window : family.columns().windows) {
    for (const series::ShownQuantile& shown : kShownQuantiles) add(window.quantile(shown.q));
    add(window.total_sum);
    add(static_cast<double>(window.total_count));
  }
  return written;
}

SnapshotFeed::Written SnapshotFeed::write_histograms(const FamilySnapshot& family, const Plan& plan) {
  Written written;
  const std::vector<HistogramValue>& histograms = family.columns().histograms;
  for (std::size_t i = 0; i < plan.targets.size(); ++i) {
    const Target target = plan.targets[i];
    if (target.group == nullptr || !has_bounds_of(histograms[i], plan.form.bounds)) {
      ++written.refused;
      continue;
    }
    try {
      target.group->set(target.slot, histograms[i], scratch_);
      ++written.samples;
    } catch (const std::bad_alloc&) {
      ++written.refused;
    }
  }
  return written;
}

SnapshotFeed::Written SnapshotFeed::write_family(const FamilySnapshot& family, Plan& plan) {
  write_starts(family, plan);
  switch (family.descriptor().kind) {
    case Kind::counter:
    case Kind::up_down_counter:
    case Kind::gauge: return write_numbers(family, plan);
    case Kind::histogram: return write_histograms(family, plan);
    case Kind::window: return write_windows(family, plan);
  }
  return {};
}

SnapshotFeed::Written SnapshotFeed::write(const Snapshot& snapshot) noexcept {
  Written all;
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    const FamilySnapshot& family = snapshot.families[i];
    Written written;
    try {
      written = write_family(family, *plans_[i]);
    } catch (...) {
      written.refused = family.size();
    }
    all.samples += written.samples;
    all.refused += written.refused;
  }
  return all;
}

}  // namespace kymo::KYMO_ABI::history
