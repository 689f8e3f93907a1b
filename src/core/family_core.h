#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/detail/series_handle.h>
#include <kymo/core/family_options.h>
#include <kymo/core/labels.h>
#include <kymo/core/snapshot.h>

#include "exemplar_store.h"
#include "fork_gate.h"
#include "lookup_guard.h"
#include "refusal_log.h"
#include "reset_base.h"
#include "series.h"
#include "series_list.h"
#include "series_table.h"
#include "storage_traits.h"

namespace kymo::KYMO_ABI {

/// State that the families of a registry share: its limits and counts.
struct FamilyShared {
  explicit FamilyShared(RefusalLog::Sink error_sink) : refusals(std::move(error_sink)) {}

  std::size_t max_series_per_family = 0;
  std::size_t max_series = 0;
  std::size_t max_label_value_bytes = 0;
  std::atomic<std::size_t> series{0};
  std::atomic<std::uint64_t> overflowed{0};  ///< look-ups that got the overflow series
  std::atomic<std::uint64_t> altered_values{0};
  std::atomic<std::uint64_t> expired{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> unregistered{0};  ///< values recorded under a name that was refused
  std::atomic<std::uint64_t> counter_wraps{0};
  ExemplarDrops dropped_exemplars{};
  RefusalLog refusals;
};

/// Counters: stay visible, at 0. All: series are hidden until the next record.
enum class ResetScope : std::uint8_t { counters, all };

/// Returns cells in the way of their storage. One for each storage form, never destroyed.
[[nodiscard]] CellOwner* cell_owner(FamilySpec::Storage storage, std::size_t bounds);

/// One family: its series by labels, its limit, and the way to read its cells.
///
/// Looking up an existing series takes no lock and allocates nothing. Making one takes the family's lock,
/// which no reader of values holds for long.
class FamilyCore final : public std::enable_shared_from_this<FamilyCore> {
 public:
  /// Registered: somebody holds instruments of it. Otherwise it is recorded by name only.
  FamilyCore(FamilySpec spec, std::shared_ptr<const Descriptor> descriptor,
             std::shared_ptr<FamilyShared> shared, bool is_registered);

  /// True if a registration of that form can continue with this family's cells.
  [[nodiscard]] bool has_form_of(const FamilySpec& spec) const noexcept;
  /// For a family that replaces one with other cells: the old family's values are shown and reset with its
  /// own. Call it before anybody else sees the family.
  void set_predecessor(std::shared_ptr<FamilyCore> predecessor) noexcept {
    predecessor_ = std::move(predecessor);
    predecessor_->successor_.store(this, std::memory_order_release);
  }
  /// The family to record into: this one, or its replacement.
  [[nodiscard]] FamilyCore& latest() noexcept {
    FamilyCore* successor = successor_.load(std::memory_order_acquire);
    return successor == nullptr ? *this : *successor;
  }
  FamilyCore(const FamilyCore&) = delete;
  FamilyCore& operator=(const FamilyCore&) = delete;
  ~FamilyCore();

  /// The series with these labels, made if there is room, otherwise the overflow series.
  [[nodiscard]] SeriesParts resolve(Labels labels);

  /// The series with these labels at this instant: a family of one, or of none if the series is missing or
  /// hidden.
  [[nodiscard]] FamilySnapshot read(Labels labels) const;

  /// Calls `record(const Series&)` for that series without a handle: cheaper for one use.
  template <class Record>
  void record(Labels labels, Record record);

  /// The family at this instant; removes series that were idle too long.
  [[nodiscard]] FamilySnapshot collect(std::chrono::steady_clock::time_point now);

  /// The family at this instant. Afterwards all series except levels read as if new: see Registry::reset().
  /// Exact: a concurrent record counts either before or after.
  [[nodiscard]] FamilySnapshot reset(ResetScope scope);

  /// Sets another kind, unit or help. Only the storage `whole` may change, to `signed_whole`; a counter's
  /// reset base is then void, since the number was a level all the time.
  void describe(std::shared_ptr<const Descriptor> descriptor, FamilySpec::Storage storage);
  [[nodiscard]] std::shared_ptr<const Descriptor> descriptor() const;

  /// Takes the limits and text bounds of a registration after recordings by name.
  void take_policy(SeriesPolicy series, HistogramValue::Bounds text_bounds) noexcept;
  /// The `le` values of such a family in text formats.
  [[nodiscard]] static HistogramValue::Bounds text_bounds_of(const FamilySpec& spec);

  [[nodiscard]] bool is_registered() const noexcept { return is_registered_.load(std::memory_order_relaxed); }
  void set_registered() noexcept { is_registered_.store(true, std::memory_order_relaxed); }
  /// True if callbacks give more series of it.
  [[nodiscard]] bool is_observed() const noexcept { return is_observed_.load(std::memory_order_relaxed); }
  void set_observed(bool yes) noexcept { is_observed_.store(yes, std::memory_order_relaxed); }
  /// From now on series may have any labels, and their keys are checked.
  void take_any_labels() noexcept { has_any_labels_.store(true, std::memory_order_relaxed); }

  /// True for a counter, not for an up-down counter.
  [[nodiscard]] bool only_grows() const noexcept { return traits_of(storage()).kind == Kind::counter; }
  /// True if its series are durations in seconds.
  [[nodiscard]] bool takes_durations() const noexcept {
    return is_histogram(spec_.storage) && spec_.unit == "seconds";
  }

  [[nodiscard]] FamilySpec::Storage storage() const noexcept {
    return storage_.load(std::memory_order_relaxed);
  }

 private:
  using SeriesVector = std::vector<SeriesPtr>;

  [[nodiscard]] Series* find(Labels labels, std::uint64_t hash) const noexcept {
    return table_.find(hash, [labels](const Series& series) { return series.matches(labels); });
  }
  [[nodiscard]] SeriesHandle resolve_slowly(Labels labels, std::uint64_t hash);
  [[nodiscard]] bool keys_are_valid(Labels labels) const;
  void refuse_keys(Labels labels) const;
  [[nodiscard]] SeriesHandle find_existing(Labels labels) const;
  [[nodiscard]] Series* find_rendered(std::string_view rendered, std::uint64_t hash) const noexcept;
  [[nodiscard]] Series* find_or_make(std::string_view rendered, std::uint64_t hash);
  [[nodiscard]] Series* make(std::string_view rendered, bool counted);
  [[nodiscard]] CellId allocate() const noexcept;
  [[nodiscard]] SeriesExtra* make_extra();
  [[nodiscard]] Series* overflow_series();
  [[nodiscard]] SeriesParts parts_of(SeriesHandle handle) const;

  [[nodiscard]] FamilySnapshot collect_own(std::chrono::steady_clock::time_point now);
  [[nodiscard]] FamilySnapshot read_own(Labels labels) const;
  [[nodiscard]] FamilySnapshot reset_own(ResetScope scope);
  [[nodiscard]] FamilyColumns empty_columns();
  void append_counts(FamilyColumns& columns);
  void append_histograms(FamilyColumns& columns);
  [[nodiscard]] std::shared_ptr<const SeriesVector> list();
  void begin_anew_after_fork(const SeriesVector& series);
  [[nodiscard]] FamilySpec::Storage storage_of(const FamilyColumns& columns) const noexcept;
  void leave_out_hidden(FamilyColumns& columns) const;
  [[nodiscard]] bool is_shown(const Series& series, const FamilyColumns& columns, std::size_t index) const;
  [[nodiscard]] bool has_changed(const FamilyColumns& columns, std::size_t index, std::uint64_t number) const;
  void take_level(const Series& series, FamilyColumns& columns) const;
  void take_values(Series& series, ResetScope scope, ResetBase::Time now, FamilyColumns& columns) const;
  void take_histogram(Series& series, ResetBase& base, FamilyColumns& columns) const;
  void put_counts_back();
  void note_counts(const FamilyColumns& columns);
  void expire(const FamilyColumns& columns, std::chrono::steady_clock::time_point now);
  void condemn_if_idle(Series& series, std::uint64_t activity, std::uint32_t now_ms);
  void remove_condemned();
  [[nodiscard]] std::uint64_t activity_now(const Series& series) const;
  void free_retired();

  FamilySpec spec_;
  std::atomic<FamilySpec::Storage> storage_;
  std::atomic<bool> is_registered_;
  std::atomic<bool> is_observed_{false};
  std::atomic<bool> has_any_labels_;
  std::shared_ptr<FamilyCore> predecessor_;
  std::atomic<FamilyCore*> successor_{nullptr};
  std::shared_ptr<FamilyShared> shared_;
  HistogramValue::Bounds bounds_;
  std::shared_ptr<const std::vector<double>> text_bounds_;
  CellOwner* owner_;
  std::uint64_t seed_;
  SeriesTable table_;  // changed under mutex_

  mutable std::mutex mutex_;  // the members below
  std::shared_ptr<const Descriptor> descriptor_;
  SeriesList series_;
  std::atomic<Series*> overflow_{nullptr};
  std::uint64_t generation_ = 0;  // grows with each change of series_

  // Removed from the table; freed when no look-up can see them any more.
  struct Retired {
    GracePeriod period;
    std::vector<SeriesPtr> series;
    std::vector<std::unique_ptr<SeriesTable::Slots>> slots;
  };
  LongMutex collecting_;  // one snapshot or reset at a time; the members below
  std::shared_ptr<const SeriesVector> listed_;
  std::uint64_t listed_generation_ = 0;
  // Copies from the listed series, in their order: a walk over a million series would wait for each one's
  // memory.
  std::vector<CellId> listed_cells_;
  std::vector<std::uint64_t> listed_counts_;  // of counters, at the last reading
  std::uint32_t fork_generation_;
  bool has_resets_ = false;
  std::vector<Series*> condemned_;
  std::optional<GracePeriod> condemnation_;
  std::vector<Retired> retired_;
};

template <class Record>
void FamilyCore::record(Labels labels, Record record) {
  const std::uint64_t hash = hash_labels(labels, seed_);
  {
    const LookupGuard guard;
    if (guard.entered()) [[likely]] {
      const Series* series = find(labels, hash);
      if (series != nullptr && series->is_plain()) [[likely]]
        return record(*series);
    }
  }
  const SeriesHandle handle = resolve_slowly(labels, hash);
  if (handle.get() == nullptr) return;
  handle.get()->show();
  record(*handle.get());
}

}  // namespace kymo::KYMO_ABI
