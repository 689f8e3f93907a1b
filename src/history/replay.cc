#include "replay.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>

namespace kymo::KYMO_ABI::history {

void LogReplay::begin_file() {
  names_.clear();
  columns_.clear();
}

void LogReplay::add_names(const std::vector<LogSeries>& names) {
  for (const LogSeries& one : names) {
    auto labels = series::LabelSet::from_bytes(one.labels);
    if (!labels || one.family == nullptr) continue;
    Name& name = names_[one.series];
    if (name.labels != *labels) name.labels = *std::move(labels);
    name.form = one.form;
    name.family = one.family;
    name.bounds = one.bounds.empty() ? nullptr : std::make_shared<const std::vector<double>>(one.bounds);
  }
}

void LogReplay::bind(const LogColumn& column) {
  const auto place = static_cast<std::uint32_t>(columns_.size());
  columns_.push_back(column);
  if (column.part == LogPart::bucket) {
    const auto known = by_id_.find(column.series);
    series_at_.push_back(kNoSeries);
    if (known == by_id_.end()) return;
    auto& buckets = series_[known->second].buckets;
    const auto at =
        std::ranges::lower_bound(buckets, column.bucket, {}, [](const auto& pair) { return pair.first; });
    buckets.insert(at, {column.bucket, place});
    return;
  }
  const auto number = static_cast<std::uint32_t>(series_.size());
  Series& series = series_.emplace_back();
  series.kind = column.kind;
  series.column = place;
  series.stored_ms = std::numeric_limits<std::int64_t>::min();
  const auto form = column.part == LogPart::sum ? series::SampleForm::histogram : series::SampleForm::number;
  if (const auto name = names_.find(column.series); name != names_.end() && name->second.form == form) {
    series.name = name->second;
    if (const EntryPtr entry = table_.find(series.name->labels.bytes(), form))
      series.stored_ms = entry->stored_ms;
  }
  series_at_.push_back(number);
  by_id_[column.series] = number;
}

/// A key frame brings columns of its own; other ticks add some.
void LogReplay::bind_columns(std::span<const LogColumn> columns) {
  const bool goes_on =
      columns.size() >= columns_.size() && std::equal(columns_.begin(), columns_.end(), columns.begin());
  if (!goes_on || columns_.empty()) {
    finish();  // those that are still there are taken up again
    columns_.clear();
    series_at_.clear();
    series_.clear();
    by_id_.clear();
  }
  for (const LogColumn& column : columns.subspan(columns_.size())) bind(column);
}

void LogReplay::take_starts(const LogTick& tick) {
  for (const LogCreated& created : tick.created) {
    const std::uint32_t number = series_at_[created.column];
    if (number == kNoSeries) continue;
    Series& series = series_[number];
    series.started_ms = created.time_ms;
    if (series.target.group != nullptr) series.target.group->set_started(series.target.slot, created.time_ms);
  }
}

/// Whether a series has a sample or an end that no segment has. These get a place in the head.
bool LogReplay::find_targets(const LogTick& tick) {
  bool is_needed = false;
  auto stale = tick.stale.begin();
  for (Series& series : series_) {
    stale =
        std::find_if(stale, tick.stale.end(), [&](std::uint32_t column) { return column >= series.column; });
    const bool is_there =
        is_set(tick.present, series.column) || (stale != tick.stale.end() && *stale == series.column);
    if (!is_there || tick.time_ms <= series.stored_ms) continue;
    if (!series.name) {
      ++lost_;
      continue;
    }
    is_needed = true;
    if (series.target.group != nullptr) continue;
    series.target = head_.get(series.name->labels, series.name->form, series.name->family,
                              {series.kind, series.name->bounds});
    if (series.target.group != nullptr && series.started_ms != 0)
      series.target.group->set_started(series.target.slot, series.started_ms);
  }
  return is_needed;
}

HistogramValue LogReplay::histogram_of(const Series& series, const LogTick& tick) {
  const HistogramValue::Bounds& bounds = series.name->bounds;
  HistogramValue value(bounds);
  std::vector<std::uint64_t> counts(bounds == nullptr ? 0 : bounds->size() + 1);
  for (const auto& [bucket, column] : series.buckets) {
    const std::uint64_t count = is_set(tick.present, column) ? tick.bits[column] : 0;
    if (bounds != nullptr) {
      if (bucket >= 0 && static_cast<std::size_t>(bucket) < counts.size())
        counts[static_cast<std::size_t>(bucket)] = count;
    } else if (bucket == series::kZeroBucket) {
      value.add_zeros(count);
    } else if (count != 0) {
      value.add_bucket(bucket, count);
    }
  }
  if (bounds != nullptr) value.set_bounded(bounds, std::move(counts), {});
  value.set_sum(std::bit_cast<double>(tick.bits[series.column]));
  return value;
}

void LogReplay::write_sample(const Series& series, const LogTick& tick) {
  SeriesGroup& group = *series.target.group;
  if (series.name->form == series::SampleForm::histogram) {
    group.set(series.target.slot, histogram_of(series, tick), scratch_);
  } else {
    group.set(series.target.slot, tick.bits[series.column]);
  }
  ++samples_;
}

void LogReplay::add_tick(const LogTick& tick) {
  bind_columns(tick.columns);
  take_starts(tick);
  if (head_.is_late(tick.time_ms) || !find_targets(tick)) return;
  head_.begin_tick(tick.time_ms);
  for (const Series& series : series_) {
    if (tick.time_ms <= series.stored_ms || !series.name || !is_set(tick.present, series.column)) continue;
    if (series.target.group == nullptr) {
      ++lost_;
    } else {
      write_sample(series, tick);
    }
  }
  for (const std::uint32_t column : tick.stale) {
    const std::uint32_t number = series_at_[column];
    if (number == kNoSeries || tick.time_ms <= series_[number].stored_ms) continue;
    const Target& target = series_[number].target;
    if (target.group != nullptr) target.group->mark_ended(target.slot);
  }
  lost_ += head_.end_tick();
  ++ticks_;
  seal_due_();
}

void LogReplay::finish() noexcept {
  for (const auto& group : head_.groups()) {
    for (std::uint32_t slot = 0; slot < group->capacity(); ++slot)
      if (group->has(slot)) group->entry(slot)->is_live = false;
  }
}

}  // namespace kymo::KYMO_ABI::history
