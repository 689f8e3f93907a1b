#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <kymo/core/histogram_value.h>

#include "bucket_deltas.h"
#include "byte_chains.h"
#include "columns.h"
#include "series_table.h"
#include "value_pack.h"

namespace kymo::KYMO_ABI::history {

/// The times of a source's last ticks.
class TickTimes final {
 public:
  /// Keeps the last `ticks`, rounded up to a power of two.
  explicit TickTimes(std::uint32_t ticks) : times_(std::bit_ceil(std::uint64_t{ticks} + 1)) {}

  void push(std::int64_t time_ms) noexcept { times_[count_++ & (times_.size() - 1)] = time_ms; }
  /// Ticks ever.
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::int64_t at(std::uint64_t tick) const noexcept {
    return times_[tick & (times_.size() - 1)];
  }

 private:
  std::vector<std::int64_t> times_;
  std::uint64_t count_ = 0;
};

/// How the values of a series are kept.
struct SlotForm {
  ColumnKind kind = ColumnKind::real;
  HistogramValue::Bounds bounds = nullptr;  ///< of a histogram with own bounds

  friend bool operator==(const SlotForm& a, const SlotForm& b) noexcept {
    return a.kind == b.kind &&
           (a.bounds == b.bounds || (a.bounds != nullptr && b.bounds != nullptr && *a.bounds == *b.bounds));
  }
};

/// Memory that readings reuse.
struct GroupScratch {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint64_t> values;
};

/// Up to 64 series of one source, and their samples of the open window: the last few ticks as plain rows,
/// those before as packs. Each group has a window of its own, so that the groups are sealed at different
/// ticks.
///
/// Threads: one writer; readers at once while it does not write.
class SeriesGroup final {
 public:
  static constexpr std::uint32_t kMostNumbers = 64;
  /// Fewer: the columns of 600 ticks of one histogram take a quarter of a megabyte while they are sealed.
  static constexpr std::uint32_t kMostHistograms = 8;

  /// `rows`: ticks in plain form, at most kMostPackValues.
  SeriesGroup(series::SampleForm form, std::uint32_t rows, const TickTimes& times, ByteChains& chains);
  SeriesGroup(const SeriesGroup&) = delete;
  SeriesGroup& operator=(const SeriesGroup&) = delete;
  ~SeriesGroup();

  [[nodiscard]] series::SampleForm form() const noexcept { return form_; }
  [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool is_full() const noexcept { return occupied_ == all_slots(); }
  [[nodiscard]] bool has(std::uint32_t slot) const noexcept { return (occupied_ >> slot & 1U) != 0; }
  [[nodiscard]] const EntryPtr& entry(std::uint32_t slot) const noexcept { return slots_[slot].entry; }
  [[nodiscard]] const SlotForm& form_of(std::uint32_t slot) const noexcept { return slots_[slot].form; }

  /// Gives a series a free slot; there must be one. Throws `std::bad_alloc`.
  std::uint32_t add(const EntryPtr& entry, SlotForm form);
  /// Changes a slot's form; the window must be empty.
  void set_form(std::uint32_t slot, SlotForm form) noexcept {
    slots_[slot].form = std::move(form);
    slots_[slot].added = ++additions_;
  }

  // A tick: TickTimes::push(), then samples, then end_tick().
  void set(std::uint32_t slot, std::uint64_t bits) noexcept {
    row_[slot] = bits;
    present_ |= std::uint64_t{1} << slot;
  }
  /// Throws `std::bad_alloc`; then so does end_tick().
  void set(std::uint32_t slot, const HistogramValue& value, std::vector<std::uint8_t>& scratch);
  /// When the slot's count began; 0: unknown. Before the sample. Throws `std::bad_alloc`.
  void set_started(std::uint32_t slot, std::int64_t time_ms);
  /// The series ended at this tick: where the sample before is in a block, the window itself does not show
  /// it. Throws `std::bad_alloc`.
  void mark_ended(std::uint32_t slot) { ends_.push_back({length_, slot, 0}); }
  /// Throws `std::bad_alloc`; then the window must be dropped.
  void end_tick();

  // The last tick of a window that is not empty, for the log.
  [[nodiscard]] std::uint64_t present() const noexcept { return present_last_; }
  [[nodiscard]] std::uint64_t bits(std::uint32_t slot) const noexcept { return last_row_[slot]; }
  [[nodiscard]] std::span<const HistogramBucket> buckets(std::uint32_t slot) const noexcept {
    return slots_[slot].buckets->last();
  }
  /// When the slot's count began; 0: unknown, or no count.
  [[nodiscard]] std::int64_t started(std::uint32_t slot) const noexcept { return slots_[slot].started; }
  /// The slots whose count began anew at the last tick.
  [[nodiscard]] std::uint64_t newly_started() const noexcept;
  /// Grows with each series that gets a slot, and each change of a slot's form.
  [[nodiscard]] std::uint64_t additions() const noexcept { return additions_; }
  /// The value of additions() once the slot's series came.
  [[nodiscard]] std::uint64_t added(std::uint32_t slot) const noexcept { return slots_[slot].added; }

  /// Ticks of the window.
  [[nodiscard]] std::uint32_t length() const noexcept { return length_; }
  /// The window at which sealing is due.
  [[nodiscard]] std::uint32_t target() const noexcept { return target_; }
  void set_target(std::uint32_t ticks) noexcept { target_ = ticks; }
  /// Samples of the window.
  [[nodiscard]] std::uint64_t samples() const noexcept { return samples_; }
  [[nodiscard]] std::int64_t first_ms() const noexcept { return times_.at(begin_); }
  /// Plain memory; the rest is in the chains.
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// The window's times, and one series of it. Throw `std::bad_alloc`.
  void read_times(std::vector<std::int64_t>& times) const;
  void read(std::uint32_t slot, GroupScratch& scratch, SeriesColumns& out) const;

  /// Begins a new window, and frees the slots of series that no source has any more.
  void begin_window() noexcept;

 private:
  struct Slot {
    EntryPtr entry;
    SlotForm form;
    ByteChains::Chain packs;
    std::uint64_t packed = 0;         ///< the last value in the packs
    std::uint32_t first_pack = 0;     ///< packs of the window before the series had its slot
    std::int64_t started_before = 0;  ///< at the begin of the window
    std::int64_t started = 0;
    std::uint64_t added = 0;
    std::unique_ptr<BucketDeltas> buckets;  ///< null of a number
  };
  /// The slots with a sample, from a tick of the window on.
  struct Presence {
    std::uint32_t tick;
    std::uint64_t slots;
  };
  struct Start {
    std::uint32_t tick;
    std::uint32_t slot;
    std::int64_t time_ms;
  };

  [[nodiscard]] std::uint64_t all_slots() const noexcept {
    return capacity_ == kMostNumbers ? ~std::uint64_t{0} : (std::uint64_t{1} << capacity_) - 1;
  }
  [[nodiscard]] const std::uint64_t* row_at(std::uint32_t row) const noexcept {
    return rows_.data() + std::size_t{row} * capacity_;
  }
  void repeat_absent() noexcept;
  void pack();
  void read_presence(std::uint32_t slot, SeriesColumns& out) const;
  void read_values(std::uint32_t slot, GroupScratch& scratch, SeriesColumns& out) const;
  void read_starts(std::uint32_t slot, SeriesColumns& out) const;

  const series::SampleForm form_;
  const std::uint32_t capacity_;
  const std::uint32_t most_rows_;
  const TickTimes& times_;
  ByteChains& chains_;
  std::vector<Slot> slots_;
  std::uint64_t occupied_ = 0;
  std::uint64_t begin_ = 0;  ///< the window's first tick
  std::uint32_t length_ = 0;
  std::uint32_t target_ = 0;
  std::uint64_t samples_ = 0;
  std::vector<std::uint64_t> rows_;
  std::uint32_t row_count_ = 0;
  std::uint64_t* row_ = nullptr;      ///< of this tick
  std::uint64_t present_ = 0;         ///< at this tick
  std::uint64_t present_last_ = 0;    ///< at the tick before
  std::uint64_t present_before_ = 0;  ///< at the tick before the window
  bool is_spoilt_ = false;            ///< a histogram has no true record of this tick
  std::vector<Presence> presence_;
  std::vector<Start> starts_;
  std::vector<Start> ends_;  ///< without a time
  std::uint64_t additions_ = 0;
  const std::uint64_t* last_row_ = nullptr;  ///< of the last tick
  std::vector<std::uint8_t> pack_sizes_;     ///< ticks in each pack
};

}  // namespace kymo::KYMO_ABI::history
