#include "sparse_head.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace kymo::KYMO_ABI::history {
namespace {

constexpr std::size_t kFirstRoom = 8;

std::shared_ptr<const series::FamilyInfo> family_of(const series::Sample& sample) {
  if (sample.family != nullptr) return sample.family;
  return std::make_shared<const series::FamilyInfo>(
      series::FamilyInfo{std::string(sample.labels.name()), Kind::gauge, {}, {}, {}});
}

}  // namespace

void SparseSeries::read(std::vector<std::int64_t>& times, SeriesColumns& out) const {
  times = times_ms;
  out = {};
  out.series = entry->id;
  out.values.bits = bits;
}

SparseHead::Group& SparseHead::group_with_room() {
  if (groups_.empty() || groups_.back()->series.size() >= kMostSeries)
    groups_.push_back(std::make_unique<Group>());
  return *groups_.back();
}

SparseHead::Outcome SparseHead::add(std::int64_t time_ms, const series::Sample& sample) {
  if (sample.histogram != nullptr || sample.labels.empty()) return Outcome::refused;
  EntryPtr entry = table_.find(sample.labels.bytes(), series::SampleForm::number);
  if (entry == nullptr)
    entry = table_.get(sample.labels, series::SampleForm::number, family_of(sample), most_series_);
  // A series of the Snapshots has its samples from there alone.
  if (entry == nullptr || entry->group != nullptr) return Outcome::refused;
  if (time_ms <= std::max(entry->own_ms, entry->stored_ms)) return Outcome::late;
  if (entry->sparse == nullptr) {
    auto series = std::make_unique<SparseSeries>();
    series->entry = entry;
    series->times_ms.reserve(kFirstRoom);
    series->bits.reserve(kFirstRoom);
    Group& group = group_with_room();
    group.series.push_back(std::move(series));
    entry->sparse = group.series.back().get();
    entry->sparse_group = &group;
  }
  SparseSeries& series = *entry->sparse;
  if (series.bits.size() == series.bits.capacity()) {  // both, or none
    series.times_ms.reserve(2 * series.bits.size());
    series.bits.reserve(2 * series.bits.size());
  }
  series.times_ms.push_back(time_ms);
  series.bits.push_back(std::bit_cast<std::uint64_t>(sample.value));
  entry->own_ms = time_ms;
  Group& group = *static_cast<Group*>(entry->sparse_group);
  if (group.batch_ms != time_ms) ++group.batches;
  group.batch_ms = time_ms;
  group.first_ms = std::min(group.first_ms, time_ms);
  group.last_ms = std::max(group.last_ms, time_ms);
  ++group.samples;
  last_ms_ = std::max(last_ms_, time_ms);
  return Outcome::taken;
}

series::SinkResult SparseHead::append(std::int64_t time_ms,
                                      std::span<const series::Sample> samples) noexcept {
  series::SinkResult result;
  for (const series::Sample& sample : samples) {
    Outcome outcome = Outcome::refused;
    try {
      outcome = add(time_ms, sample);
    } catch (...) {  // without memory
    }
    ++(outcome == Outcome::taken ? result.taken : outcome == Outcome::late ? result.late : result.refused);
  }
  return result;
}

std::unique_ptr<SparseHead::Group> SparseHead::take_due(bool all) noexcept {
  const auto due = std::ranges::find_if(groups_, [&](const std::unique_ptr<Group>& group) {
    return all || group->batches >= kMostTimes || group->last_ms - group->first_ms >= kLongestMs;
  });
  if (due == groups_.end()) return nullptr;
  std::unique_ptr<Group> group = std::move(*due);
  groups_.erase(due);
  for (const auto& series : group->series) {
    series->entry->sparse = nullptr;
    series->entry->sparse_group = nullptr;
  }
  return group;
}

void SparseHead::read(const Group& group, BlockColumns& out) {
  out.times_ms.clear();
  for (const auto& series : group.series)
    out.times_ms.insert(out.times_ms.end(), series->times_ms.begin(), series->times_ms.end());
  std::ranges::sort(out.times_ms);
  const auto repeated = std::ranges::unique(out.times_ms);
  out.times_ms.erase(repeated.begin(), repeated.end());
  out.series.resize(group.series.size());
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < group.series.size(); ++i) {
    SeriesColumns& columns = out.series[i];
    group.series[i]->read(times, columns);
    if (times.size() == out.times_ms.size()) continue;  // at every time
    columns.present.assign((out.times_ms.size() + kWordBits - 1) / kWordBits, 0);
    auto tick = out.times_ms.begin();
    for (const std::int64_t time : times) {
      tick = std::lower_bound(tick, out.times_ms.end(), time);
      const auto at = static_cast<std::size_t>(tick - out.times_ms.begin());
      columns.present[at / kWordBits] |= std::uint64_t{1} << at % kWordBits;
    }
  }
}

std::uint64_t SparseHead::samples() const noexcept {
  std::uint64_t samples = 0;
  for (const auto& group : groups_) samples += group->samples;
  return samples;
}

std::size_t SparseHead::bytes() const noexcept {
  constexpr std::size_t kEachSample = 2 * 2 * sizeof(std::uint64_t);  // with the room of a vector
  std::size_t bytes = 0;
  for (const auto& group : groups_)
    bytes += sizeof(Group) + group->series.size() * sizeof(SparseSeries) + group->samples * kEachSample;
  return bytes;
}

}  // namespace kymo::KYMO_ABI::history
