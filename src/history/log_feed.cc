#include "log_feed.h"

#include <algorithm>
#include <bit>
#include <string>

namespace kymo::KYMO_ABI::history {
namespace {

LogSeries name_of(const SeriesGroup& group, std::uint32_t slot) {
  const SeriesEntry& entry = *group.entry(slot);
  LogSeries name{.series = entry.id,
                 .labels = std::string(entry.labels.bytes()),
                 .form = entry.form,
                 .family = entry.family};
  if (const HistogramValue::Bounds& bounds = group.form_of(slot).bounds; bounds != nullptr)
    name.bounds = *bounds;
  return name;
}

template <class Action>
void for_each_slot(std::uint64_t slots, Action action) {
  for (; slots != 0; slots &= slots - 1) action(static_cast<std::uint32_t>(std::countr_zero(slots)));
}

}  // namespace

void LogFeed::restart() {
  begin_anew();
  for (GroupColumns& group : groups_) group.present = 0;
}

void LogFeed::forget_columns() {
  columns_.clear();
  for (GroupColumns& group : groups_) {
    group.additions = 0;
    for (SlotColumns& slot : group.slots) {
      slot.added = 0;
      slot.buckets.clear();
    }
  }
}

std::uint32_t LogFeed::add_column(const LogColumn& column) {
  columns_.push_back(column);
  if (bits_.size() < columns_.size()) bits_.resize(columns_.size());
  if (present_.size() < words_for(columns_.size())) present_.resize(words_for(columns_.size()));
  return static_cast<std::uint32_t>(columns_.size() - 1);
}

void LogFeed::add_slots(const SeriesGroup& group, GroupColumns& columns, bool is_key) {
  for (std::uint32_t slot = 0; slot < columns.slots.size(); ++slot) {
    SlotColumns& one = columns.slots[slot];
    if (!group.has(slot) || one.added == group.added(slot)) continue;
    const bool is_histogram = group.form() == series::SampleForm::histogram;
    one.column = add_column({.series = group.entry(slot)->id,
                             .part = is_histogram ? LogPart::sum : LogPart::number,
                             .kind = is_histogram ? ColumnKind::real : group.form_of(slot).kind});
    one.buckets.clear();
    if (!is_key) added_.push_back(name_of(group, slot));
    one.added = group.added(slot);
  }
  columns.additions = group.additions();
}

void LogFeed::write_buckets(const SeriesGroup& group, std::uint32_t slot, SlotColumns& columns) {
  auto known = columns.buckets.begin();
  const auto set_below = [&](std::int64_t index) {  // these are empty since a reset
    for (; known != columns.buckets.end() && known->first < index; ++known) set(known->second, 0);
  };
  for (const HistogramBucket bucket : group.buckets(slot)) {
    set_below(bucket.index);
    if (known == columns.buckets.end() || known->first != bucket.index) {
      const std::uint32_t column = add_column({.series = group.entry(slot)->id,
                                               .part = LogPart::bucket,
                                               .kind = ColumnKind::integer,
                                               .bucket = bucket.index});
      known = columns.buckets.insert(known, {bucket.index, column});
    }
    set(known->second, bucket.count);
    ++known;
  }
  set_below(std::int64_t{1} << 32);
}

void LogFeed::write_group(const SeriesGroup& group, GroupColumns& columns, bool is_key) {
  if (columns.additions != group.additions()) add_slots(group, columns, is_key);
  const std::uint64_t present = group.present();
  const bool is_histogram = group.form() == series::SampleForm::histogram;
  for_each_slot(present, [&](std::uint32_t slot) {
    SlotColumns& one = columns.slots[slot];
    set(one.column, group.bits(slot));
    if (is_histogram) write_buckets(group, slot, one);
  });
  for_each_slot(columns.present & ~present, [&](std::uint32_t slot) {
    if (group.has(slot)) stale_.push_back(columns.slots[slot].column);
  });
  for_each_slot(is_key ? present : group.newly_started(), [&](std::uint32_t slot) {
    if (group.has(slot) && group.started(slot) != 0)
      created_.push_back({columns.slots[slot].column, group.started(slot)});
  });
  columns.present = present;
}

/// Names that did not change are compressed once.
void LogFeed::put_names(const Groups& groups, bool is_key, Bytes& to) {
  if (!is_key) return names_.append(added_, to);
  bool is_complete = true;
  for (std::size_t i = 0; i < groups.size(); ++i)
    is_complete = is_complete && groups_[i].named == groups[i]->additions();
  if (!is_complete) {
    all_names_.clear();
    std::vector<LogSeries> all;
    for (const auto& group : groups) {
      for (std::uint32_t slot = 0; slot < group->capacity(); ++slot)
        if (group->has(slot)) all.push_back(name_of(*group, slot));
    }
    names_.append(all, all_names_);
    for (std::size_t i = 0; i < groups.size(); ++i) groups_[i].named = groups[i]->additions();
  }
  history::append(to, all_names_);
}

void LogFeed::append(std::int64_t time_ms, const Groups& groups, Bytes& to) {
  const std::size_t size = to.size();
  const bool is_key = encoder_.is_key_next();
  try {
    if (is_key) forget_columns();
    while (groups_.size() < groups.size()) {
      GroupColumns columns;
      columns.slots.resize(groups[groups_.size()]->capacity());
      groups_.push_back(std::move(columns));
    }
    std::ranges::fill(present_, 0);
    stale_.clear();
    created_.clear();
    added_.clear();
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (groups[i]->length() != 0) write_group(*groups[i], groups_[i], is_key);
    }
    std::ranges::sort(stale_);
    std::ranges::sort(created_, {}, &LogCreated::column);
    put_names(groups, is_key, to);
    encoder_.append_tick({.time_ms = time_ms,
                          .columns = columns_,
                          .bits = std::span(bits_).first(columns_.size()),
                          .present = std::span(present_).first(words_for(columns_.size())),
                          .stale = stale_,
                          .created = created_},
                         to);
  } catch (...) {
    to.resize(size);
    begin_anew();
    throw;
  }
}

}  // namespace kymo::KYMO_ABI::history
