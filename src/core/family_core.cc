#include "family_core.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include <kymo/core/names.h>

#include "cell_store.h"
#include "fork_gate.h"
#include "histogram_store.h"
#include "label_hash.h"
#include "label_text.h"
#include "series.h"
#include "series_extra.h"
#include "series_reader.h"
#include "storage_traits.h"
#include "text_bounds.h"

// Finding and making series. Reading and removing them: family_collect.cc.
namespace kymo::KYMO_ABI {
namespace {

constexpr std::string_view kOverflowLabels = "otel_metric_overflow=\"true\"";

HistogramValue::Bounds shared_bounds(std::vector<double> bounds) {
  if (bounds.empty()) return nullptr;
  return std::make_shared<const std::vector<double>>(std::move(bounds));
}

// Whether rendering changes the key.
bool is_rewritten(const Label& label) { return label.key.find_first_of(".-") != std::string_view::npos; }

// Hashes the labels as a reader gets them back, so all spellings with the same rendering find one series.
std::uint64_t hash_rendered(std::string_view rendered, std::uint64_t seed) {
  std::uint64_t sum = seed;
  for (const LabelsView::Entry& entry : LabelsView(rendered))
    sum += hash_label({entry.key, entry.value}, seed);
  return finish_hash(sum);
}

class NumberCells final : public CellOwner {
 public:
  void give_back(CellId id) noexcept override { cells::free_cell(id); }
};

class GaugeCells final : public CellOwner {
 public:
  void give_back(CellId id) noexcept override { cells::free_cell(id, CellArena::Use::directory); }
};

class HistogramCells final : public CellOwner {
 public:
  explicit HistogramCells(std::size_t bounds) noexcept : bounds_(bounds) {}
  void give_back(CellId id) noexcept override { cells::free_histogram(id, bounds_); }

 private:
  std::size_t bounds_;
};

}  // namespace

FamilyCore::FamilyCore(FamilySpec spec, std::shared_ptr<const Descriptor> descriptor,
                       std::shared_ptr<FamilyShared> shared, bool is_registered)
    : spec_(std::move(spec)),
      storage_(spec_.storage),
      is_registered_(is_registered),
      has_any_labels_(spec_.dynamic_labels),
      shared_(std::move(shared)),
      bounds_(shared_bounds(std::move(spec_.bounds))),
      text_bounds_(bounds_ != nullptr ? bounds_ : shared_bounds(std::move(spec_.text_bounds))),
      owner_(cell_owner(spec_.storage, bounds_ == nullptr ? 0 : bounds_->size())),
      seed_(hash_seed()),
      descriptor_(std::move(descriptor)),
      fork_generation_(kymo::fork_generation()) {
  if (text_bounds_ == nullptr) text_bounds_ = default_text_bounds(spec_.unit);
  if (spec_.series.max_series == kRegistryLimit) spec_.series.max_series = shared_->max_series_per_family;
}

FamilyCore::~FamilyCore() {
  shared_->series.fetch_sub(table_.size(), std::memory_order_relaxed);
  for (const SeriesList::Part& part : series_.parts()) {
    for (const Series* series : part.series()) series->release();
  }
}

bool FamilyCore::has_form_of(const FamilySpec& spec) const noexcept {
  const bool may_go_down =
      spec_.storage == FamilySpec::Storage::whole && spec.storage == FamilySpec::Storage::signed_whole;
  return (spec_.storage == spec.storage || may_go_down) && spec_.exemplars == spec.exemplars &&
         spec_.recent == spec.recent;
}

void FamilyCore::describe(std::shared_ptr<const Descriptor> descriptor, FamilySpec::Storage storage) {
  const StructureLock lock(mutex_);
  descriptor_.swap(descriptor);
  storage_.store(storage, std::memory_order_relaxed);
}

std::shared_ptr<const Descriptor> FamilyCore::descriptor() const {
  const StructureLock lock(mutex_);
  return descriptor_;
}

void FamilyCore::take_policy(SeriesPolicy series, HistogramValue::Bounds text_bounds) noexcept {
  if (series.max_series == kRegistryLimit) series.max_series = shared_->max_series_per_family;
  const std::lock_guard one_at_a_time(collecting_);
  const StructureLock lock(mutex_);
  spec_.series = series;
  if (bounds_ == nullptr) text_bounds_.swap(text_bounds);
}

HistogramValue::Bounds FamilyCore::text_bounds_of(const FamilySpec& spec) {
  auto bounds = shared_bounds(spec.text_bounds);
  return bounds != nullptr ? bounds : default_text_bounds(spec.unit);
}

SeriesParts FamilyCore::resolve(Labels labels) {
  const std::uint64_t hash = hash_labels(labels, seed_);
  {
    const LookupGuard guard;
    if (guard.entered()) {
      if (const Series* found = find(labels, hash)) {
        SeriesHandle handle(found);
        // Only now: a thread that condemns a series checks the handles afterwards.
        if (!found->is_condemned()) return parts_of(std::move(handle));
      }
    }
  }
  return parts_of(resolve_slowly(labels, hash));
}

SeriesHandle FamilyCore::find_existing(Labels labels) const {
  ShortText rendered;
  render_labels_into(labels, shared_->max_label_value_bytes, rendered);
  const StructureLock lock(mutex_);
  const Series* found = find_rendered(rendered.view(), hash_rendered(rendered.view(), seed_));
  if (found == nullptr) return {};
  found->spare();
  return SeriesHandle(found);
}

Series* FamilyCore::find_rendered(std::string_view rendered, std::uint64_t hash) const noexcept {
  return table_.find(hash, [rendered](const Series& series) { return series.labels().text() == rendered; });
}

// The keys of a typed family were checked when it was registered.
bool FamilyCore::keys_are_valid(Labels labels) const {
  return !has_any_labels_.load(std::memory_order_relaxed) || label_keys_are_valid(labels);
}

// Counts every failed look-up; reports each message once.
void FamilyCore::refuse_keys(Labels labels) const {
  shared_->errors.fetch_add(1, std::memory_order_relaxed);
  shared_->refusals.say_once("metric \"" + descriptor()->name + "\": " + label_keys_error(labels));
}

SeriesHandle FamilyCore::resolve_slowly(Labels labels, std::uint64_t hash) {
  static_cast<void>(cells::lease());  // so that this thread's next look-up takes the short way
  if (!keys_are_valid(labels)) {
    refuse_keys(labels);
    return {};
  }
  ShortText rendered;
  const std::size_t altered = render_labels_into(labels, shared_->max_label_value_bytes, rendered);
  if (altered != 0) shared_->altered_values.fetch_add(altered, std::memory_order_relaxed);
  const bool as_written = altered == 0 && std::none_of(labels.begin(), labels.end(), is_rewritten);
  const std::uint64_t canonical = as_written ? hash : hash_rendered(rendered.view(), seed_);

  const StructureLock lock(mutex_);
  Series* series = find_or_make(rendered.view(), canonical);
  if (series == nullptr) return {};
  series->spare();
  if (hash != series->hash && series->matches(labels)) table_.insert_alias(hash, series);
  // Taken under the lock: nobody can remove the series before the caller has its handle.
  return SeriesHandle(series);
}

Series* FamilyCore::find_or_make(std::string_view rendered, std::uint64_t hash) {
  if (Series* found = find_rendered(rendered, hash)) return found;
  table_.make_room();
  // The creator tells the overflow series from a user's; its labels do not. A user may not spell these
  // labels.
  const bool room = table_.size() < spec_.series.max_series && rendered != kOverflowLabels;
  Series* series = room ? make(rendered, true) : nullptr;
  if (series == nullptr) {
    shared_->overflowed.fetch_add(1, std::memory_order_relaxed);
    return overflow_series();
  }
  series->hash = hash;
  table_.insert(series);
  return series;
}

Series* FamilyCore::make(std::string_view rendered, bool counted) {
  // Cheap when labels explode; the test below catches concurrent makers.
  if (counted && shared_->series.load(std::memory_order_relaxed) >= shared_->max_series) return nullptr;
  // Allocates first, before any change that others see.
  series_.make_room();
  const auto release = [](const Series* made) { made->release(); };
  std::unique_ptr<Series, decltype(release)> series(
      Series::create(rendered, std::chrono::system_clock::now()));
  series->extra = make_extra();
  series->cell = allocate();
  if (series->cell == kNullCell) return nullptr;
  if (traits_of(spec_.storage).cells == CellForm::shared_number) {
    cells::shared(series->cell)->store(kUnsetGauge, std::memory_order_relaxed);
  }
  series->owner = owner_;
  series->last_change_ms = milliseconds_of(std::chrono::steady_clock::now());
  if (counted && shared_->series.fetch_add(1, std::memory_order_relaxed) >= shared_->max_series) {
    shared_->series.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  series_.append(series.get());
  ++generation_;
  return series.release();
}

CellId FamilyCore::allocate() const noexcept {
  if (is_histogram(spec_.storage)) return cells::allocate_histogram(bounds_ == nullptr ? 0 : bounds_->size());
  const bool is_shared = traits_of(spec_.storage).cells == CellForm::shared_number;
  return cells::allocate_cell(is_shared ? CellArena::Use::directory : CellArena::Use::numbers);
}

SeriesExtra* FamilyCore::make_extra() {
  const bool exemplars = spec_.exemplars == Exemplars::on;
  const bool tracked = spec_.statistics == GaugeTracking::on;
  const bool may_fail = traits_of(spec_.storage).may_fail;
  if (!exemplars && !tracked && !may_fail && spec_.recent == 0 && bounds_ == nullptr) return nullptr;
  auto extra = std::make_unique<SeriesExtra>();
  if (may_fail) extra->family = weak_from_this();
  extra->bounds = bounds_;
  extra->takes_negative = bounds_ != nullptr && !spec_.non_negative;
  if (tracked) extra->gauge = std::make_unique<GaugeTrack>();
  if (spec_.recent != 0) extra->window = std::make_unique<WindowRing>(spec_.recent);
  if (exemplars) {
    extra->exemplars =
        std::make_unique<ExemplarStore>(is_histogram(spec_.storage) ? text_bounds_ : nullptr,
                                        std::shared_ptr<ExemplarDrops>(shared_, &shared_->dropped_exemplars));
  }
  return extra.release();
}

Series* FamilyCore::overflow_series() {
  if (overflow_.load(std::memory_order_relaxed) == nullptr) {
    overflow_.store(make(kOverflowLabels, false), std::memory_order_relaxed);
  }
  return overflow_.load(std::memory_order_relaxed);
}

SeriesParts FamilyCore::parts_of(SeriesHandle handle) const {
  const Series* series = handle.get();
  if (series == nullptr) return {};
  SeriesParts parts{.handle = std::move(handle), .cell = series->cell};
  if (traits_of(spec_.storage).cells == CellForm::shared_number)
    parts.shared_cell = cells::shared(series->cell);
  if (series->extra != nullptr) {
    parts.gauge = series->extra->gauge.get();
    parts.window = series->extra->window.get();
  }
  if (bounds_ != nullptr) {
    parts.bounds = bounds_->data();
    parts.bound_count = bounds_->size();
    parts.takes_negative = !spec_.non_negative;
  }
  return parts;
}

// Never destroyed: a handle in a static object may return its cell after every other static object is gone.
CellOwner* cell_owner(FamilySpec::Storage storage, std::size_t bounds) {
  static auto& numbers = *new NumberCells;
  static auto& gauges = *new GaugeCells;
  switch (traits_of(storage).cells) {
    case CellForm::number: return &numbers;
    case CellForm::shared_number: return &gauges;
    case CellForm::histogram: break;
  }
  static auto& mutex = *new std::mutex;
  static auto& histograms = *new std::map<std::size_t, HistogramCells>;
  const StructureLock lock(mutex);
  return &histograms.try_emplace(bounds, bounds).first->second;
}

}  // namespace kymo::KYMO_ABI
