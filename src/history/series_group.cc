#include "series_group.h"

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <span>
#include <utility>

namespace kymo::KYMO_ABI::history {
namespace {

bool is_in(std::uint64_t slots, std::uint32_t slot) noexcept { return (slots >> slot & 1U) != 0; }

/// Sets the bits of ticks [from, to).
void set_bits(std::vector<std::uint64_t>& words, std::size_t from, std::size_t to) noexcept {
  for (std::size_t i = from; i < to; ++i) words[i / kWordBits] |= std::uint64_t{1} << i % kWordBits;
}

}  // namespace

SeriesGroup::SeriesGroup(series::SampleForm form, std::uint32_t rows, const TickTimes& times,
                         ByteChains& chains)
    : form_(form),
      capacity_(form == series::SampleForm::histogram ? kMostHistograms : kMostNumbers),
      most_rows_(std::clamp<std::uint32_t>(rows, 1, kMostPackValues)),
      times_(times),
      chains_(chains),
      slots_(capacity_),
      begin_(times.count()),
      rows_(std::size_t{most_rows_} * capacity_),
      row_(rows_.data()) {
  presence_.reserve(1);
}

SeriesGroup::~SeriesGroup() {
  for (Slot& slot : slots_) {
    chains_.clear(slot.packs);
    if (slot.buckets != nullptr) slot.buckets->clear(chains_);
  }
}

std::uint32_t SeriesGroup::add(const EntryPtr& entry, SlotForm form) {
  const auto index = static_cast<std::uint32_t>(std::countr_one(occupied_));
  Slot& slot = slots_[index];
  if (form_ == series::SampleForm::histogram) slot.buckets = std::make_unique<BucketDeltas>();
  slot.entry = entry;
  slot.form = std::move(form);
  slot.packed = 0;
  slot.first_pack = static_cast<std::uint32_t>(pack_sizes_.size());
  slot.started = slot.started_before = 0;
  slot.added = ++additions_;
  occupied_ |= std::uint64_t{1} << index;
  for (std::uint32_t i = 0; i < row_count_; ++i) rows_[std::size_t{i} * capacity_ + index] = 0;
  return index;
}

void SeriesGroup::set(std::uint32_t slot, const HistogramValue& value, std::vector<std::uint8_t>& scratch) {
  if (is_in(present_, slot)) return;  // two of one name: the first counts, for its buckets are kept
  const bool was_spoilt = std::exchange(is_spoilt_, true);
  slots_[slot].buckets->append(value, chains_, scratch);
  is_spoilt_ = was_spoilt;
  set(slot, std::bit_cast<std::uint64_t>(value.sum()));
}

void SeriesGroup::set_started(std::uint32_t index, std::int64_t time_ms) {
  Slot& slot = slots_[index];
  if (slot.started == time_ms) return;
  starts_.push_back({length_, index, time_ms});
  slot.started = time_ms;
}

/// Slots without a sample repeat the value before: nothing is smaller.
void SeriesGroup::repeat_absent() noexcept {
  for (std::uint64_t left = occupied_ & ~present_; left != 0; left &= left - 1) {
    const auto slot = static_cast<std::uint32_t>(std::countr_zero(left));
    row_[slot] = row_count_ == 0 ? slots_[slot].packed : row_at(row_count_ - 1)[slot];
  }
}

void SeriesGroup::end_tick() {
  if (is_spoilt_) throw std::bad_alloc();
  if (length_ == 0 || present_ != present_last_) presence_.push_back({length_, present_});
  repeat_absent();
  samples_ += static_cast<std::uint64_t>(std::popcount(present_));
  present_last_ = std::exchange(present_, 0);
  ++length_;
  last_row_ = row_;
  if (++row_count_ == most_rows_) pack();
  row_ = rows_.data() + std::size_t{row_count_} * capacity_;
}

std::uint64_t SeriesGroup::newly_started() const noexcept {
  std::uint64_t slots = 0;
  for (auto start = starts_.rbegin(); start != starts_.rend() && start->tick + 1 == length_; ++start) {
    slots |= std::uint64_t{1} << start->slot;
  }
  return slots;
}

void SeriesGroup::pack() {
  std::array<std::uint64_t, kMostPackValues> values;
  std::array<std::uint8_t, kMostPackBytes> bytes;
  const auto column = std::span(values).first(row_count_);
  pack_sizes_.push_back(static_cast<std::uint8_t>(row_count_));
  for (std::uint64_t left = occupied_; left != 0; left &= left - 1) {
    const auto index = static_cast<std::uint32_t>(std::countr_zero(left));
    Slot& slot = slots_[index];
    for (std::uint32_t i = 0; i < row_count_; ++i) column[i] = row_at(i)[index];
    const std::size_t size = put_pack(column, slot.packed, slot.form.kind, bytes.data());
    chains_.append(slot.packs, std::span(bytes).first(size));
    slot.packed = column.back();
  }
  row_count_ = 0;
}

std::size_t SeriesGroup::bytes() const noexcept {
  return sizeof(*this) + slots_.size() * sizeof(Slot) + rows_.size() * sizeof(std::uint64_t) +
         presence_.capacity() * sizeof(Presence) + (starts_.capacity() + ends_.capacity()) * sizeof(Start) +
         pack_sizes_.capacity();
}

void SeriesGroup::read_times(std::vector<std::int64_t>& times) const {
  times.clear();
  times.reserve(length_);
  for (std::uint32_t i = 0; i < length_; ++i) times.push_back(times_.at(begin_ + i));
}

void SeriesGroup::read(std::uint32_t slot, GroupScratch& scratch, SeriesColumns& out) const {
  out.series = slots_[slot].entry->id;
  read_presence(slot, out);
  read_values(slot, scratch, out);
  read_starts(slot, out);
  if (form_ != series::SampleForm::histogram) {
    out.histogram.reset();
    return;
  }
  if (!out.histogram) out.histogram.emplace();
  const HistogramValue::Bounds& bounds = slots_[slot].form.bounds;
  out.histogram->bounds.clear();
  if (bounds != nullptr) out.histogram->bounds = *bounds;
  slots_[slot].buckets->read(chains_, out.values.bits.size(), scratch.bytes, *out.histogram);
}

void SeriesGroup::read_presence(std::uint32_t slot, SeriesColumns& out) const {
  out.present.assign((length_ + kWordBits - 1) / kWordBits, 0);
  out.stale.clear();
  bool was_present = is_in(present_before_, slot) && slots_[slot].first_pack == 0;
  bool is_always = true;
  for (std::size_t i = 0; i < presence_.size(); ++i) {
    const bool is_present = is_in(presence_[i].slots, slot);
    if (is_present) {
      set_bits(out.present, presence_[i].tick, i + 1 < presence_.size() ? presence_[i + 1].tick : length_);
    } else {
      is_always = false;
      if (was_present) out.stale.push_back(presence_[i].tick);
    }
    was_present = is_present;
  }
  if (is_always) {
    out.present.clear();
    return;
  }
  for (const Start& end : ends_) {
    if (end.slot != slot || is_set(out.present, end.tick)) continue;
    const auto place = std::ranges::lower_bound(out.stale, end.tick);
    if (place == out.stale.end() || *place != end.tick) out.stale.insert(place, end.tick);
  }
}

void SeriesGroup::read_values(std::uint32_t index, GroupScratch& scratch, SeriesColumns& out) const {
  const Slot& slot = slots_[index];
  std::vector<std::uint64_t>& all = scratch.values;
  all.assign(length_, 0);
  chains_.copy(slot.packs, scratch.bytes);
  const std::uint8_t* at = scratch.bytes.data();
  std::uint64_t before = 0;
  std::size_t tick = 0;
  for (std::size_t i = 0; i < pack_sizes_.size(); tick += pack_sizes_[i++]) {
    if (i < slot.first_pack) continue;
    at = get_pack(at, before, std::span(all).subspan(tick, pack_sizes_[i]));
    before = all[tick + pack_sizes_[i] - 1U];
  }
  for (std::uint32_t i = 0; i < row_count_; ++i) all[tick + i] = row_at(i)[index];
  out.values.kind = slot.form.kind;
  std::vector<std::uint64_t>& bits = out.values.bits;
  if (out.present.empty()) {
    bits.assign(all.begin(), all.end());
    return;
  }
  bits.clear();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (is_set(out.present, i)) bits.push_back(all[i]);
  }
}

void SeriesGroup::read_starts(std::uint32_t slot, SeriesColumns& out) const {
  out.created.clear();
  const std::size_t samples = out.values.bits.size();
  const auto add = [&](std::size_t sample, std::int64_t time_ms) {
    if (sample >= samples) return;
    if (!out.created.empty() && out.created.back().sample == sample) out.created.pop_back();
    out.created.push_back({static_cast<std::uint32_t>(sample), time_ms});
  };
  if (slots_[slot].started_before != 0) add(0, slots_[slot].started_before);
  std::size_t sample = 0;
  std::size_t tick = 0;
  for (const Start& start : starts_) {
    if (start.slot != slot) continue;
    for (; tick < start.tick; ++tick) sample += out.present.empty() || is_set(out.present, tick) ? 1 : 0;
    add(sample, start.time_ms);
  }
}

void SeriesGroup::begin_window() noexcept {
  begin_ = times_.count();
  length_ = 0;
  samples_ = 0;
  present_ = 0;
  is_spoilt_ = false;
  row_count_ = 0;
  row_ = rows_.data();
  present_before_ = present_last_;
  presence_.clear();
  starts_.clear();
  ends_.clear();
  pack_sizes_.clear();
  for (std::uint32_t i = 0; i < capacity_; ++i) {
    Slot& slot = slots_[i];
    if (slot.entry == nullptr) continue;
    chains_.clear(slot.packs);
    if (slot.buckets != nullptr) slot.buckets->clear(chains_);
    slot.packed = 0;
    slot.first_pack = 0;
    slot.started_before = slot.started;
    // A series that ended at the last tick still has its mark in the next window.
    if (slot.entry->is_live || is_in(present_last_, i)) continue;
    slot.entry->group = nullptr;
    slot.entry.reset();
    slot.buckets.reset();
    slot.form = {};
    occupied_ &= ~(std::uint64_t{1} << i);
  }
}

}  // namespace kymo::KYMO_ABI::history
