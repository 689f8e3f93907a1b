#include <kymo/core/snapshot_builder.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>
#include <unordered_set>
#include <utility>

#include <kymo/base/assert.h>
#include <kymo/core/names.h>

#include "joined_family.h"
#include "kept_columns.h"
#include "label_text.h"
#include "series.h"
#include "text_bounds.h"

namespace kymo::KYMO_ABI {
namespace {

constexpr std::size_t kMaxLabelValueBytes = 1024;

SeriesPtr make_series(Labels labels) {
  std::string text;
  render_labels(labels, kMaxLabelValueBytes, text);
  return SeriesPtr(Series::create(text, {}));
}

template <class T>
void make_room_for_one(std::vector<T>& column) {
  if (column.size() == column.capacity()) column.reserve(2 * column.size() + 1);
}

template <class T>
void drop_at(std::vector<T>& column, const std::vector<std::size_t>& ascending) {
  if (column.empty()) return;
  for (auto index = ascending.rbegin(); index != ascending.rend(); ++index) {
    column.erase(column.begin() + static_cast<std::ptrdiff_t>(*index));
  }
}

template <class T>
void append(std::vector<T> more, std::vector<T>& column) {
  column.insert(column.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// Each series has its value: the columns of a family are of one length, or empty where it has none such.
bool columns_agree(const FamilySnapshot& family) {
  const FamilyColumns& columns = family.columns();
  const std::size_t values = columns.numbers.size() + columns.histograms.size();
  const auto fits = [&](std::size_t length) { return length == 0 || length == family.size(); };
  return (values == family.size() || columns.windows.size() == family.size()) &&
         fits(columns.windows.size()) && fits(columns.created.size()) && fits(columns.gauges.size()) &&
         fits(columns.unset.size()) && fits(columns.exemplars.size());
}

bool is_of_one_name(const FamilySnapshot& a, const FamilySnapshot& b) {
  return a.descriptor().family_name == b.descriptor().family_name;
}

}  // namespace

bool FamilyWriter::add_series(Labels labels, bool is_histogram) {
  if (columns_->descriptor == nullptr) return false;  // the family was refused, and counted
  if ((columns_->descriptor->kind == Kind::histogram) != is_histogram || !label_keys_are_valid(labels)) {
    ++*errors_;
    return false;
  }
  // Make room for the value first: if memory runs out and the producer continues, no series lacks its value.
  if (is_histogram) {
    make_room_for_one(columns_->histograms);
  } else {
    make_room_for_one(columns_->numbers);
  }
  series_->push_back(make_series(labels));
  return true;
}

FamilyWriter& FamilyWriter::add(Labels labels, double value) {
  if (add_series(labels, false)) columns_->numbers.push_back(std::bit_cast<std::uint64_t>(value));
  return *this;
}

FamilyWriter& FamilyWriter::add(Labels labels, HistogramValue value) {
  if (add_series(labels, true)) columns_->histograms.push_back(std::move(value));
  return *this;
}

void SnapshotBuilder::add_family(FamilySnapshot family, Others others) {
  const std::shared_ptr<const Descriptor>& descriptor = family.columns().descriptor;
  for (std::string& name : sample_names(*descriptor)) taken_.insert(std::move(name));
  names_.insert(descriptor->name);
  if (others == Others::join) joined_.emplace(descriptor->name, descriptor);
  if (!family.empty()) finished_.push_back(std::move(family));
}

FamilyWriter SnapshotBuilder::family(Kind kind, const FamilyOptions& options) {
  Draft* draft = find_draft(kind, options);
  if (draft == nullptr) {
    ++errors_;
    draft = &discarded_;
  }
  return {draft->columns, draft->series, errors_};
}

SnapshotBuilder::Draft* SnapshotBuilder::find_draft(Kind kind, const FamilyOptions& options) {
  const auto found = drafts_.find(options.name);
  Draft* draft = found != drafts_.end() ? found->second.get() : new_draft(kind, options);
  if (draft == nullptr) return nullptr;
  const Descriptor& is = *draft->columns.descriptor;
  if (is.kind == kind && is.unit == options.unit) return draft;
  return refuse("metric \"" + is.name + "\" is written as a " + std::string(kind_name(is.kind)) +
                " of unit \"" + is.unit + "\" already; series of another kind or unit are skipped");
}

SnapshotBuilder::Draft* SnapshotBuilder::new_draft(Kind kind, const FamilyOptions& options) {
  const auto joined = joined_.find(options.name);
  auto descriptor = joined != joined_.end() ? joined->second : claim(kind, options);
  if (descriptor == nullptr) return nullptr;
  auto draft = std::make_unique<Draft>();
  if (kind == Kind::histogram) draft->columns.text_bounds = default_text_bounds(options.unit);
  draft->columns.descriptor = std::move(descriptor);
  return drafts_.emplace(options.name, std::move(draft)).first->second.get();
}

// Claims all names of a metric or none; null for none.
std::shared_ptr<const Descriptor> SnapshotBuilder::claim(Kind kind, const FamilyOptions& options) {
  if (auto error = name_error(options.name)) return refuse(*std::move(error));
  if (auto error = unit_error(options.unit)) return refuse(*std::move(error));
  return claim(
      std::make_shared<const Descriptor>(make_descriptor(kind, options.name, options.help, options.unit)));
}

std::shared_ptr<const Descriptor> SnapshotBuilder::claim(std::shared_ptr<const Descriptor> descriptor) {
  std::vector<std::string> names = sample_names(*descriptor);
  const auto taken =
      std::find_if(names.begin(), names.end(), [&](const auto& name) { return taken_.contains(name); });
  if (taken != names.end() || names_.contains(descriptor->name)) {
    return refuse("metric \"" + descriptor->name +
                  "\" of a producer is skipped: another metric has the name " +
                  (taken != names.end() ? *taken : descriptor->name));
  }
  names_.insert(descriptor->name);
  taken_.insert(std::make_move_iterator(names.begin()), std::make_move_iterator(names.end()));
  return descriptor;
}

void SnapshotBuilder::take_over(SnapshotBuilder&& other) {
  errors_ += other.errors_;
  for (std::string& message : other.messages_) refuse(std::move(message));
  for (auto& [name, draft] : other.drafts_) take_over(name, std::move(draft));
}

void SnapshotBuilder::take_over(const std::string& name, std::unique_ptr<Draft> theirs) {
  const std::shared_ptr<const Descriptor> descriptor = theirs->columns.descriptor;
  if (!drafts_.contains(name) && !joined_.contains(name)) {
    if (claim(descriptor) != nullptr) {
      drafts_.emplace(name, std::move(theirs));
    } else {
      ++errors_;
    }
    return;
  }
  Draft* const ours = find_draft(
      descriptor->kind, {.name = descriptor->name, .help = descriptor->help, .unit = descriptor->unit});
  if (ours == nullptr) {
    ++errors_;
    return;
  }
  append(std::move(theirs->series), ours->series);
  append(std::move(theirs->columns.numbers), ours->columns.numbers);
  append(std::move(theirs->columns.histograms), ours->columns.histograms);
}

std::nullptr_t SnapshotBuilder::refuse(std::string message) {
  constexpr std::size_t kMostMessages = 32;
  if (messages_.size() < kMostMessages) messages_.push_back(std::move(message));
  return nullptr;
}

std::size_t SnapshotBuilder::drop_repeated_series(Draft& draft) {
  std::unordered_set<std::string_view> seen;
  std::vector<std::size_t> repeated;
  for (std::size_t i = 0; i < draft.series.size(); ++i) {
    if (!seen.insert(draft.series[i].labels().text()).second) repeated.push_back(i);
  }
  drop_at(draft.columns.numbers, repeated);
  drop_at(draft.columns.histograms, repeated);
  drop_at(draft.series, repeated);
  return repeated.size();
}

void SnapshotBuilder::finish_draft(Draft draft) {
  errors_ += drop_repeated_series(draft);
  if (draft.series.empty()) return;
  draft.columns.series = std::make_shared<const std::vector<SeriesPtr>>(std::move(draft.series));
  FamilySnapshot family(std::move(draft.columns));
  const auto is_same = [&](const FamilySnapshot& other) {
    return other.columns().descriptor == family.columns().descriptor;
  };
  const auto same = joined_.contains(family.descriptor().name)
                        ? std::find_if(finished_.begin(), finished_.end(), is_same)
                        : finished_.end();
  if (same == finished_.end()) {
    finished_.push_back(std::move(family));
  } else {
    *same = joined(*same, family);
  }
}

std::vector<FamilySnapshot> SnapshotBuilder::take_families() {
  for (auto& [name, draft] : drafts_) finish_draft(std::move(*draft));
  drafts_.clear();
  taken_.clear();
  names_.clear();
  joined_.clear();
  discarded_ = {};
  return std::exchange(finished_, {});
}

std::shared_ptr<const Snapshot> SnapshotBuilder::finish(std::chrono::system_clock::time_point time,
                                                        std::chrono::nanoseconds uptime) {
  std::vector<FamilySnapshot> families = take_families();
  std::sort(families.begin(), families.end(), [](const FamilySnapshot& a, const FamilySnapshot& b) {
    return a.descriptor().family_name < b.descriptor().family_name;
  });
  KYMO_ASSERT(std::all_of(families.begin(), families.end(), columns_agree));
  KYMO_ASSERT(std::adjacent_find(families.begin(), families.end(), is_of_one_name) == families.end());
  return kept::make_snapshot(Snapshot{time, uptime, std::move(families)});
}

}  // namespace kymo::KYMO_ABI
