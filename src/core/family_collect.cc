#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "cell_store.h"
#include "family_core.h"
#include "histogram_store.h"
#include "joined_family.h"
#include "kept_columns.h"
#include "reset_base.h"
#include "series_extra.h"
#include "series_reader.h"

// Reading and removing series. Finding and making them: family_core.cc.
namespace kymo::KYMO_ABI {
namespace {

SeriesPtr retained(const Series* series) {
  series->retain();
  return SeriesPtr(series);
}

// Readers see a const list; the collecting thread alone changes the series.
Series& writable(const SeriesPtr& series) { return const_cast<Series&>(*series.get()); }

template <class T>
void keep(std::vector<T>& column, const std::vector<bool>& kept) {
  if (column.empty()) return;
  std::size_t index = 0;
  std::erase_if(column, [&](const T&) { return !kept[index++]; });
}

void keep_only(const std::vector<bool>& kept, FamilyColumns& columns) {
  if (std::find(kept.begin(), kept.end(), false) == kept.end()) return;
  auto shown = std::make_shared<std::vector<SeriesPtr>>(*columns.series);
  keep(*shown, kept);
  keep(columns.created, kept);
  keep(columns.numbers, kept);
  keep(columns.histograms, kept);
  keep(columns.windows, kept);
  keep(columns.gauges, kept);
  keep(columns.unset, kept);
  keep(columns.exemplars, kept);
  columns.series = std::move(shown);
}

void append_created(FamilyColumns& columns) {
  kept::take(columns.series->size(), columns.created);
  for (const SeriesPtr& series : *columns.series) {
    const ResetBase* base = series.get()->reset_base();
    columns.created.push_back(base == nullptr ? series.created() : base->time());
  }
}

void reset_extra(SeriesExtra& extra) {
  if (extra.gauge != nullptr) extra.gauge->reset();
  if (extra.window != nullptr) extra.window->reset();
  if (extra.exemplars != nullptr) extra.exemplars->clear();
}

// The shorter of the two ways between the numbers is assumed.
bool level_has_wrapped(std::uint64_t before, std::uint64_t now) {
  const bool has_fallen = static_cast<std::int64_t>(now - before) < 0;
  return has_fallen != (static_cast<std::int64_t>(now) < static_cast<std::int64_t>(before));
}

}  // namespace

FamilySnapshot FamilyCore::collect(std::chrono::steady_clock::time_point now) {
  FamilySnapshot own = collect_own(now);
  if (predecessor_ != nullptr) return joined(own, predecessor_->collect(now), bounds_);
  return own;  // a conditional expression would copy all columns
}

FamilySnapshot FamilyCore::read(Labels labels) const {
  FamilySnapshot own = read_own(labels);
  if (predecessor_ != nullptr) return joined(own, predecessor_->read(labels), bounds_);
  return own;
}

FamilySnapshot FamilyCore::reset(ResetScope scope) {
  FamilySnapshot own = reset_own(scope);
  if (predecessor_ != nullptr) return joined(own, predecessor_->reset(scope), bounds_);
  return own;
}

FamilySnapshot FamilyCore::collect_own(std::chrono::steady_clock::time_point now) {
  const std::lock_guard one_at_a_time(collecting_);
  FamilyColumns columns = empty_columns();
  if (is_histogram(spec_.storage)) {
    append_histograms(columns);
  } else if (!is_whole(spec_.storage) || has_resets_ || spec_.exemplars == Exemplars::on) {
    const FamilySpec::Storage storage = storage_of(columns);
    for (const SeriesPtr& series : *columns.series) {
      append_values(*series.get(), storage, spec_, bounds_, columns);
    }
  } else {
    append_counts(columns);
  }
  expire(columns, now);
  if (has_resets_) {
    append_created(columns);
    leave_out_hidden(columns);
  }
  return FamilySnapshot(std::move(columns));
}

FamilySnapshot FamilyCore::read_own(Labels labels) const {
  const SeriesHandle held = find_existing(labels);
  FamilyColumns columns;
  {
    const StructureLock lock(mutex_);
    columns.descriptor = descriptor_;
    columns.number_type = traits_of(storage()).number;
  }
  auto series = std::make_shared<SeriesVector>();
  columns.series = series;
  if (held.get() == nullptr) return FamilySnapshot(std::move(columns));
  append_values(*held.get(), storage_of(columns), spec_, bounds_, columns);
  series->push_back(retained(held.get()));
  append_created(columns);
  if (!is_shown(*held.get(), columns, 0)) keep_only({false}, columns);
  return FamilySnapshot(std::move(columns));
}

// For the Snapshot: a counter may become an up-down counter meanwhile.
FamilySpec::Storage FamilyCore::storage_of(const FamilyColumns& columns) const noexcept {
  const bool may_fall = columns.number_type == FamilyColumns::NumberType::signed_integer;
  return may_fall ? FamilySpec::Storage::signed_whole : spec_.storage;
}

bool FamilyCore::is_shown(const Series& series, const FamilyColumns& columns, std::size_t index) const {
  return !series.is_hidden() || has_changed(columns, index, series.reset_base()->number());
}

// Change since a reset that read `number`. A reset leaves a level, so compare it with its value then.
bool FamilyCore::has_changed(const FamilyColumns& columns, std::size_t index, std::uint64_t number) const {
  if (storage_of(columns) == FamilySpec::Storage::signed_whole) return columns.numbers[index] != number;
  return activity_of(columns, index) != 0;
}

void FamilyCore::leave_out_hidden(FamilyColumns& columns) const {
  std::vector<bool> kept;
  kept.reserve(columns.series->size());
  for (const SeriesPtr& series : *columns.series) {
    kept.push_back(is_shown(*series.get(), columns, kept.size()));
    if (kept.back()) series.get()->show();
  }
  keep_only(kept, columns);
}

// The common family, which may have a million series: each just a whole number.
void FamilyCore::append_counts(FamilyColumns& columns) {
  const cells::CellReader reader;
  for (const CellId cell : listed_cells_) columns.numbers.push_back(reader.sum(cell));
}

// Histograms take longest to read.
void FamilyCore::append_histograms(FamilyColumns& columns) {
  cells::HistogramReader reader(traits_of(spec_.storage).sum, bounds_, kept::take_words());
  columns.histogram_memory = reader.words();
  kept::take(columns.series->size(), columns.histograms);
  if (!has_resets_ && spec_.recent == 0 && spec_.exemplars == Exemplars::off) {
    return reader.append(listed_cells_, columns.histograms);
  }
  for (const SeriesPtr& series : *columns.series) {
    const Series& one = *series.get();
    columns.histograms.push_back(read_histogram(one, reader));
    if (spec_.recent != 0)
      columns.windows.push_back(read_recent(one, columns.histograms.back().sum(), spec_.storage));
    if (spec_.exemplars == Exemplars::on) columns.exemplars.push_back(one.extra->exemplars->read());
  }
}

FamilyColumns FamilyCore::empty_columns() {
  FamilyColumns columns;
  columns.series = list();
  {
    const StructureLock lock(mutex_);
    columns.descriptor = descriptor_;
    columns.number_type = traits_of(storage()).number;
  }
  if (is_histogram(spec_.storage)) columns.text_bounds = text_bounds_;
  if (fork_generation_ != kymo::fork_generation()) begin_anew_after_fork(*columns.series);
  if (!is_histogram(spec_.storage)) kept::take(columns.series->size(), columns.numbers);
  if (spec_.statistics == GaugeTracking::on) {
    kept::take(columns.series->size(), columns.gauges);
  }
  return columns;
}

// A fixed order, so two scrapes of the same state are equal bytes. Small families: by labels, for people;
// others: by creation, which is also their order in memory.
std::shared_ptr<const FamilyCore::SeriesVector> FamilyCore::list() {
  constexpr std::size_t kMostSorted = 5000;
  std::vector<SeriesList::Part> parts;
  std::size_t size = 0;
  std::uint64_t generation = 0;
  {
    const StructureLock lock(mutex_);
    if (listed_ != nullptr && listed_generation_ == generation_) return listed_;
    parts = series_.parts();
    size = series_.size();
    generation = generation_;
  }
  auto fresh = std::make_shared<SeriesVector>();
  fresh->reserve(size);
  for (const SeriesList::Part& part : parts) {
    std::transform(part.series().begin(), part.series().end(), std::back_inserter(*fresh), retained);
  }
  if (size <= kMostSorted) {
    std::sort(fresh->begin(), fresh->end(),
              [](const SeriesPtr& a, const SeriesPtr& b) { return a.labels().text() < b.labels().text(); });
  }
  put_counts_back();
  std::vector<CellId> cells;
  std::vector<std::uint64_t> counts;
  cells.reserve(fresh->size());
  if (is_whole(spec_.storage)) counts.reserve(fresh->size());
  for (const SeriesPtr& series : *fresh) {
    cells.push_back(series.get()->cell);
    if (is_whole(spec_.storage)) counts.push_back(series.get()->last_activity);
  }
  // Replace the list at once, last: if memory runs out, the old list stays valid. Under the lock, so a forked
  // child finds one whole list.
  std::shared_ptr<const SeriesVector> listed = fresh;
  const StructureLock lock(mutex_);
  listed_cells_.swap(cells);
  listed_counts_.swap(counts);
  listed_generation_ = generation;
  listed_.swap(listed);
  return fresh;
}

// Stores the counts in the series, where the next list reads them.
void FamilyCore::put_counts_back() {
  for (std::size_t i = 0; i < listed_counts_.size(); ++i) {
    writable((*listed_)[i]).last_activity = listed_counts_[i];
  }
}

// The cells read zero now; forget the parent's other notes too.
void FamilyCore::begin_anew_after_fork(const SeriesVector& series) {
  fork_generation_ = kymo::fork_generation();
  condemnation_.reset();
  std::fill(listed_counts_.begin(), listed_counts_.end(), 0);
  for (const SeriesPtr& held : series) {
    Series& one = writable(held);
    one.last_activity = 0;
    // A gauge keeps its value and statistics. Windows and notes of a reset begin anew by themselves.
    if (one.extra != nullptr && one.extra->exemplars != nullptr) one.extra->exemplars->clear();
  }
}

FamilySnapshot FamilyCore::reset_own(ResetScope scope) {
  const std::lock_guard one_at_a_time(collecting_);
  FamilyColumns columns = empty_columns();
  // Before any reading: later counts were recorded later.
  const auto now = std::chrono::system_clock::now();
  append_created(columns);
  std::vector<bool> shown;
  shown.reserve(columns.series->size());
  const bool stays = traits_of(storage_of(columns)).is_level && is_registered();
  for (const SeriesPtr& series : *columns.series) {
    Series& one = writable(series);
    const bool was_hidden = one.is_hidden();
    const std::uint64_t hidden_at = was_hidden ? one.reset_base()->number() : 0;
    if (stays) {
      take_level(one, columns);
    } else {
      take_values(one, scope, now, columns);
    }
    shown.push_back(!was_hidden || has_changed(columns, shown.size(), hidden_at));
    if (shown.back() && scope == ResetScope::counters) one.show();
    one.last_activity = 0;
  }
  has_resets_ = has_resets_ || !stays;
  std::fill(listed_counts_.begin(), listed_counts_.end(), 0);
  keep_only(shown, columns);
  return FamilySnapshot(std::move(columns));
}

// Levels stay, and stay visible.
void FamilyCore::take_level(const Series& series, FamilyColumns& columns) const {
  append_values(series, storage_of(columns), spec_, bounds_, columns);
  if (series.extra != nullptr && series.extra->gauge != nullptr)
    series.extra->gauge->begin_with(std::bit_cast<double>(columns.numbers.back()));
}

// Reads each cell once: this reading is both the result and the base of later counts.
void FamilyCore::take_values(Series& series, ResetScope scope, ResetBase::Time now,
                             FamilyColumns& columns) const {
  ResetBase& base = series.make_reset_base(now);
  base.set_time(now);
  const FamilySpec::Storage storage = storage_of(columns);
  if (is_histogram(storage)) {
    take_histogram(series, base, columns);
  } else if (traits_of(storage).is_level) {
    append_values(series, storage, spec_, bounds_, columns);
    base.set(columns.numbers.back());
  } else {
    const std::uint64_t read = is_whole(storage)
                                   ? cells::sum(series.cell)
                                   : std::bit_cast<std::uint64_t>(cells::sum_double(series.cell));
    const std::uint64_t taken = difference(read, base.number(), storage);
    base.set(read);
    if (traits_of(storage).kind == Kind::window) {
      columns.windows.push_back(read_recent(series, std::bit_cast<double>(taken), storage));
    } else {
      columns.numbers.push_back(taken);
    }
  }
  if (spec_.exemplars == Exemplars::on) columns.exemplars.push_back(series.extra->exemplars->read());
  if (series.extra != nullptr) reset_extra(*series.extra);
  // Last: a concurrent writer has either changed the values read above, or shows the series itself.
  if (scope == ResetScope::all) series.hide();
}

void FamilyCore::take_histogram(Series& series, ResetBase& base, FamilyColumns& columns) const {
  cells::HistogramReader reader(traits_of(spec_.storage).sum, bounds_);
  const HistogramValue read = reader.read(series.cell);
  HistogramValue taken(read);  // copies do not borrow from the reader
  subtract(base, reader, taken);
  // A sum may run ahead of its count; take it only with the count.
  if (taken.count() != 0) base.set(HistogramValue(read), reader.nanoseconds());
  cells::forget_extremes(series.cell);
  if (spec_.recent != 0) columns.windows.push_back(read_recent(series, taken.sum(), spec_.storage));
  columns.histograms.push_back(std::move(taken));
}

void FamilyCore::note_counts(const FamilyColumns& columns) {
  // A counter that was decremented may fall from then on, too.
  const bool may_fall = columns.number_type == FamilyColumns::NumberType::signed_integer;
  std::uint64_t wraps = 0;
  for (std::size_t i = 0; i < listed_counts_.size(); ++i) {
    const std::uint64_t now = columns.numbers[i];
    const std::uint64_t before = std::exchange(listed_counts_[i], now);
    wraps += (may_fall ? level_has_wrapped(before, now) : now < before) ? 1 : 0;
  }
  if (wraps != 0) shared_->counter_wraps.fetch_add(wraps, std::memory_order_relaxed);
}

void FamilyCore::expire(const FamilyColumns& columns, std::chrono::steady_clock::time_point now) {
  const std::uint32_t now_ms = milliseconds_of(now);
  if (!listed_counts_.empty()) note_counts(columns);
  if (spec_.series.expire_after.count() > 0) {
    for (std::size_t i = 0; i < columns.series->size(); ++i) {
      condemn_if_idle(writable((*columns.series)[i]), activity_of(columns, i), now_ms);
    }
  }
  if (!condemned_.empty()) {
    if (!condemnation_) condemnation_.emplace();
    // Usually no look-up is running now; otherwise the next Snapshot continues.
    if (condemnation_->has_passed()) remove_condemned();
  }
  free_retired();
}

void FamilyCore::condemn_if_idle(Series& series, std::uint64_t activity, std::uint32_t now_ms) {
  if (activity != series.last_activity || series.has_handles()) {
    series.last_activity = activity;
    series.last_change_ms = now_ms;
    if (series.is_condemned()) series.spare();
    return;
  }
  const bool is_idle = std::chrono::milliseconds(now_ms - series.last_change_ms) >= spec_.series.expire_after;
  if (is_idle && !condemnation_ && &series != overflow_.load(std::memory_order_relaxed)) {
    const StructureLock lock(mutex_);
    condemned_.push_back(&series);
    series.condemn();
  }
}

// Every look-up that found one before it was condemned has ended; later look-ups have spared it.
void FamilyCore::remove_condemned() {
  // If memory runs out, none is removed, and the next Snapshot retries.
  std::vector<SeriesPtr> removed;
  removed.reserve(condemned_.size());
  std::optional<GracePeriod> passed;  // freed without the lock
  {
    const StructureLock lock(mutex_);
    retired_.reserve(retired_.size() + 1);
    std::vector<Series*> idle;
    for (Series* series : condemned_) {
      if (!series->is_condemned()) continue;
      const std::uint64_t activity = activity_now(*series);
      if (series->has_handles() || activity != series->last_activity) {
        series->spare();
      } else {
        idle.push_back(series);
      }
    }
    if (!idle.empty()) {
      series_.remove(idle);
      ++generation_;
    }
    for (Series* series : idle) {
      table_.erase(series);
      removed.emplace_back(series);
    }
    condemned_.clear();
    condemnation_.swap(passed);
  }
  if (removed.empty()) return;
  shared_->series.fetch_sub(removed.size(), std::memory_order_relaxed);
  shared_->expired.fetch_add(removed.size(), std::memory_order_relaxed);
  Retired retired;  // its period begins now that the series are out of the table
  retired.series = std::move(removed);
  const StructureLock lock(mutex_);
  retired_.push_back(std::move(retired));
}

std::uint64_t FamilyCore::activity_now(const Series& series) const {
  FamilyColumns columns;
  append_values(series, storage(), spec_, bounds_, columns);
  return activity_of(columns, 0);
}

// A forked child must find the list whole, or its own Snapshot would free a series twice.
void FamilyCore::free_retired() {
  std::vector<Retired> passed;  // freed without the lock
  const StructureLock lock(mutex_);
  if (table_.has_replaced()) {
    Retired retired;
    retired_.reserve(retired_.size() + 1);
    retired.slots = table_.take_replaced();
    retired_.push_back(std::move(retired));
  }
  const auto first_passed = std::partition(retired_.begin(), retired_.end(),
                                           [](Retired& retired) { return !retired.period.has_passed(); });
  passed.assign(std::move_iterator(first_passed), std::move_iterator(retired_.end()));
  retired_.erase(first_passed, retired_.end());
}

}  // namespace kymo::KYMO_ABI
