#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <kymo/core/family_options.h>
#include <kymo/core/labels.h>
#include <kymo/core/series_handle.h>
#include <kymo/core/snapshot.h>

#include "cell_owner.h"
#include "series.h"

namespace kymo::inline v0 {

/// What the families of a registry share: its limits and the counts of what they took.
struct FamilyShared {
  std::size_t max_series_per_family = 0;
  std::size_t max_series = 0;
  std::size_t max_label_value_bytes = 0;
  std::atomic<std::size_t> series{0};
  std::atomic<std::uint64_t> overflowed{0};  ///< look-ups that got the overflow series
  std::atomic<std::uint64_t> altered_values{0};
  std::atomic<std::uint64_t> expired{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> counter_wraps{0};
};

/// Gives cells back in the way their storage wants it. One a storage form, never destroyed.
[[nodiscard]] CellOwner* cell_owner(FamilySpec::Storage storage, std::size_t bounds);

/// One family: its series by their rendered labels, its limit, and how its cells are read.
class FamilyCore final {
 public:
  FamilyCore(FamilySpec spec, std::shared_ptr<const Descriptor> descriptor,
             std::shared_ptr<FamilyShared> shared);
  FamilyCore(const FamilyCore&) = delete;
  FamilyCore& operator=(const FamilyCore&) = delete;
  ~FamilyCore();

  /// The series with these labels, made if there is room, else the overflow series.
  [[nodiscard]] SeriesParts resolve(Labels labels);

  /// The family at this instant; takes out what has been idle too long.
  [[nodiscard]] FamilySnapshot collect(std::chrono::steady_clock::time_point now);

  [[nodiscard]] const Descriptor& descriptor() const noexcept { return *descriptor_; }

 private:
  using SeriesList = std::vector<SeriesPtr>;

  [[nodiscard]] bool keys_are_valid(Labels labels) const;
  [[nodiscard]] SeriesParts find_or_make(std::string_view rendered);
  [[nodiscard]] Series* make(std::string_view rendered, bool counted);
  [[nodiscard]] Series* overflow_series();
  [[nodiscard]] SeriesParts parts_of(const Series* series) const;

  [[nodiscard]] std::shared_ptr<const SeriesList> list();
  void read_series(const Series& series, FamilyColumns& columns) const;
  [[nodiscard]] std::uint64_t activity_of(const FamilyColumns& columns, std::size_t index) const;
  void expire(const FamilyColumns& columns, std::chrono::steady_clock::time_point now);
  void remove(const std::vector<Series*>& idle);
  void list_changed() noexcept;

  FamilySpec spec_;
  std::shared_ptr<const Descriptor> descriptor_;
  std::shared_ptr<FamilyShared> shared_;
  HistogramValue::Bounds bounds_;
  std::shared_ptr<const std::vector<double>> text_bounds_;
  CellOwner* owner_;

  std::mutex collecting_;  // one snapshot at a time; never taken by look-ups
  std::mutex mutex_;       // the members below
  std::unordered_map<std::string_view, Series*> by_labels_;  // keys view the series' own text
  Series* overflow_ = nullptr;
  std::shared_ptr<const SeriesList> list_;  // null: out of date
  std::uint64_t generation_ = 0;            // of list_
};

}  // namespace kymo::inline v0
