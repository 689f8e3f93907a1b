#include "family_core.h"

#include <algorithm>
#include <bit>
#include <utility>

#include <kymo/core/names.h>

#include "cell_store.h"
#include "histogram_store.h"
#include "series_extra.h"
#include "text_bounds.h"

namespace kymo::inline v0 {
namespace {

constexpr std::string_view kOverflowLabels = "otel_metric_overflow=\"true\"";

bool is_histogram(FamilySpec::Storage storage) {
  return storage == FamilySpec::Storage::histogram || storage == FamilySpec::Storage::timing;
}

SeriesPtr retained(const Series* series) {
  series->retain();
  return SeriesPtr(series);
}

HistogramValue::Bounds shared_bounds(std::vector<double> bounds) {
  if (bounds.empty()) return nullptr;
  return std::make_shared<const std::vector<double>>(std::move(bounds));
}

WindowValue read_window(const Series& series, double total_sum) {
  const WindowRing& ring = *series.extra->window;
  return {ring.count(), total_sum, ring.sorted()};
}

FamilyColumns::NumberType number_type(FamilySpec::Storage storage) {
  switch (storage) {
    case FamilySpec::Storage::whole: return FamilyColumns::NumberType::unsigned_integer;
    case FamilySpec::Storage::signed_whole: return FamilyColumns::NumberType::signed_integer;
    default: return FamilyColumns::NumberType::floating;
  }
}

}  // namespace

FamilyCore::FamilyCore(FamilySpec spec, std::shared_ptr<const Descriptor> descriptor,
                       std::shared_ptr<FamilyShared> shared)
    : spec_(std::move(spec)),
      descriptor_(std::move(descriptor)),
      shared_(std::move(shared)),
      bounds_(shared_bounds(std::move(spec_.bounds))),
      text_bounds_(bounds_ != nullptr ? bounds_ : shared_bounds(std::move(spec_.text_bounds))),
      owner_(cell_owner(spec_.storage, bounds_ == nullptr ? 0 : bounds_->size())) {
  if (text_bounds_ == nullptr) text_bounds_ = default_text_bounds(spec_.unit);
  if (spec_.series.max_series == kRegistryLimit) spec_.series.max_series = shared_->max_series_per_family;
}

FamilyCore::~FamilyCore() {
  shared_->series.fetch_sub(by_labels_.size(), std::memory_order_relaxed);
  for (const auto& [labels, series] : by_labels_) series->release();
  if (overflow_ != nullptr) overflow_->release();
}

bool FamilyCore::keys_are_valid(Labels labels) const {
  if (!spec_.dynamic_labels) return true;  // the keys of a typed family were checked when it was registered
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (label_key_error(labels[i].key)) return false;
    const auto same_key = [&](const Label& other) { return other.key == labels[i].key; };
    if (std::any_of(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(i), same_key)) return false;
  }
  return true;
}

SeriesParts FamilyCore::resolve(Labels labels) {
  if (!keys_are_valid(labels)) {
    shared_->errors.fetch_add(1, std::memory_order_relaxed);
    return {};
  }
  std::string rendered;
  rendered.reserve(128);
  const std::size_t altered = render_labels(labels, shared_->max_label_value_bytes, rendered);
  if (altered != 0) shared_->altered_values.fetch_add(altered, std::memory_order_relaxed);
  return find_or_make(rendered);
}

SeriesParts FamilyCore::find_or_make(std::string_view rendered) {
  const std::lock_guard lock(mutex_);
  const auto found = by_labels_.find(rendered);
  if (found != by_labels_.end()) return parts_of(found->second);
  // The overflow series is told from a user's by who made it, not by its labels: a user may not spell it.
  const bool room = by_labels_.size() < spec_.series.max_series && rendered != kOverflowLabels;
  Series* series = room ? make(rendered, true) : nullptr;
  if (series == nullptr) {
    shared_->overflowed.fetch_add(1, std::memory_order_relaxed);
    return parts_of(overflow_series());
  }
  by_labels_.emplace(series->labels().text(), series);
  list_changed();
  return parts_of(series);
}

Series* FamilyCore::make(std::string_view rendered, bool counted) {
  if (counted && shared_->series.fetch_add(1, std::memory_order_relaxed) >= shared_->max_series) {
    shared_->series.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  const CellId cell = is_histogram(spec_.storage)
                          ? cells::allocate_histogram(bounds_ == nullptr ? 0 : bounds_->size())
                          : cells::allocate_cell();
  if (cell == kNullCell) {
    if (counted) shared_->series.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  Series* series = Series::create(rendered, std::chrono::system_clock::now());
  series->cell = cell;
  series->owner = owner_;
  series->last_change = std::chrono::steady_clock::now();
  const bool exemplars = spec_.exemplars == Exemplars::on;
  const bool tracked = spec_.storage == FamilySpec::Storage::gauge && spec_.statistics == GaugeTracking::on;
  if (exemplars || tracked || spec_.recent != 0 || bounds_ != nullptr) {
    series->extra = new SeriesExtra;
    series->extra->bounds = bounds_;
    if (tracked) series->extra->gauge = std::make_unique<GaugeTrack>();
    if (spec_.recent != 0) series->extra->window = std::make_unique<WindowRing>(spec_.recent);
    if (exemplars) {
      series->extra->exemplars =
          std::make_unique<ExemplarStore>(is_histogram(spec_.storage) ? text_bounds_ : nullptr);
    }
  }
  return series;
}

Series* FamilyCore::overflow_series() {
  if (overflow_ == nullptr) {
    overflow_ = make(kOverflowLabels, false);
    list_changed();
  }
  return overflow_;
}

SeriesParts FamilyCore::parts_of(const Series* series) const {
  if (series == nullptr) return {};
  // Taken while the family's lock is held: nobody can expire the series before the caller has his handle.
  SeriesParts parts{.handle = SeriesHandle(series), .cell = series->cell};
  if (spec_.storage == FamilySpec::Storage::gauge) parts.shared_cell = cells::shared(series->cell);
  if (series->extra != nullptr) {
    parts.gauge = series->extra->gauge.get();
    parts.window = series->extra->window.get();
  }
  if (bounds_ != nullptr) {
    parts.bounds = bounds_->data();
    parts.bound_count = bounds_->size();
  }
  return parts;
}

std::shared_ptr<const FamilyCore::SeriesList> FamilyCore::list() {
  auto fresh = std::make_shared<SeriesList>();
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    if (list_ != nullptr) return list_;
    generation = generation_;
    fresh->reserve(by_labels_.size() + 1);
    for (const auto& [labels, series] : by_labels_) fresh->push_back(retained(series));
    if (overflow_ != nullptr) fresh->push_back(retained(overflow_));
  }
  // A fixed order, so that two scrapes of the same state are the same bytes. Sorted without the lock:
  // look-ups go on.
  std::sort(fresh->begin(), fresh->end(),
            [](const SeriesPtr& a, const SeriesPtr& b) { return a.labels().text() < b.labels().text(); });
  const std::lock_guard lock(mutex_);
  if (generation == generation_) list_ = fresh;
  return fresh;
}

void FamilyCore::list_changed() noexcept {
  list_.reset();
  ++generation_;
}

void FamilyCore::read_series(const Series& series, FamilyColumns& columns) const {
  switch (spec_.storage) {
    case FamilySpec::Storage::whole:
    case FamilySpec::Storage::signed_whole: columns.numbers.push_back(cells::sum(series.cell)); break;
    case FamilySpec::Storage::floating:
      columns.numbers.push_back(std::bit_cast<std::uint64_t>(cells::sum_double(series.cell)));
      break;
    case FamilySpec::Storage::gauge:
      columns.numbers.push_back(cells::shared(series.cell)->load(std::memory_order_relaxed));
      if (series.extra != nullptr) columns.gauges.push_back(series.extra->gauge->read());
      break;
    case FamilySpec::Storage::histogram:
      columns.histograms.push_back(cells::read_histogram(series.cell, cells::SumForm::floating, bounds_));
      break;
    case FamilySpec::Storage::timing:
      columns.histograms.push_back(cells::read_histogram(series.cell, cells::SumForm::nanoseconds, nullptr));
      if (spec_.recent != 0) columns.windows.push_back(read_window(series, columns.histograms.back().sum()));
      break;
    case FamilySpec::Storage::window:
      columns.windows.push_back(read_window(series, cells::sum_double(series.cell)));
      break;
  }
  if (spec_.exemplars == Exemplars::on) columns.exemplars.push_back(series.extra->exemplars->read());
}

std::uint64_t FamilyCore::activity_of(const FamilyColumns& columns, std::size_t index) const {
  if (!columns.gauges.empty()) return columns.gauges[index].count;
  if (!columns.histograms.empty()) return columns.histograms[index].count();
  if (!columns.windows.empty()) return columns.windows[index].total_count;
  return columns.numbers[index];
}

FamilySnapshot FamilyCore::collect(std::chrono::steady_clock::time_point now) {
  const std::lock_guard one_at_a_time(collecting_);
  FamilyColumns columns;
  columns.descriptor = descriptor_;
  columns.series = list();
  columns.number_type = number_type(spec_.storage);
  if (is_histogram(spec_.storage)) columns.text_bounds = text_bounds_;
  for (const SeriesPtr& series : *columns.series) read_series(*series.get(), columns);
  expire(columns, now);
  return FamilySnapshot(std::move(columns));
}

void FamilyCore::expire(const FamilyColumns& columns, std::chrono::steady_clock::time_point now) {
  std::vector<Series*> idle;
  for (std::size_t i = 0; i < columns.series->size(); ++i) {
    // The list is const for its readers; only this function, one thread at a time, touches these two members.
    auto& series = const_cast<Series&>(*(*columns.series)[i].get());
    const std::uint64_t activity = activity_of(columns, i);
    if (spec_.storage == FamilySpec::Storage::whole && activity < series.last_activity) {
      shared_->counter_wraps.fetch_add(1, std::memory_order_relaxed);
    }
    if (activity != series.last_activity || series.has_handles()) {
      series.last_activity = activity;
      series.last_change = now;
    } else if (now - series.last_change >= spec_.series.expire_after) {
      idle.push_back(&series);
    }
  }
  if (spec_.series.expire_after.count() > 0 && !idle.empty()) remove(idle);
}

void FamilyCore::remove(const std::vector<Series*>& idle) {
  const std::lock_guard lock(mutex_);
  for (Series* series : idle) {
    // Somebody may have looked it up since.
    if (series == overflow_ || series->has_handles()) continue;
    by_labels_.erase(series->labels().text());
    shared_->series.fetch_sub(1, std::memory_order_relaxed);
    shared_->expired.fetch_add(1, std::memory_order_relaxed);
    list_changed();
    series->release();
  }
}

}  // namespace kymo::inline v0
