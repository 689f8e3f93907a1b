#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::history {

class Segment;
class SeriesGroup;
struct SparseSeries;

/// A segment that has blocks of a series, and the id of the series there.
struct SegmentPlace {
  Segment* segment = nullptr;
  std::uint32_t id = 0;
};

/// One series of the store. The members below those of StoredSeries are under the lock of the store.
struct SeriesEntry final : series::StoredSeries {
  std::uint32_t id = 0;
  bool is_live = false;            ///< a source still gives it samples
  SeriesGroup* group = nullptr;    ///< of the open window; null once the window of its last sample is sealed
  std::uint32_t slot = 0;          ///< in the group
  SparseSeries* sparse = nullptr;  ///< its open window, of a series with times of its own
  void* sparse_group = nullptr;    ///< the SparseHead::Group of `sparse`
  /// Of a series with times of its own: that of its last sample.
  std::int64_t own_ms = std::numeric_limits<std::int64_t>::min();
  std::vector<std::uint32_t> blocks;   ///< numbers of the sealed blocks that have it, ascending
  std::vector<SegmentPlace> segments;  ///< oldest first
  std::vector<SegmentPlace> tiers;     ///< files of tiers that have it
  /// While a directory is opened: all samples up to that time are in segments.
  std::int64_t stored_ms = std::numeric_limits<std::int64_t>::min();

  [[nodiscard]] bool is_unused() const noexcept {
    return group == nullptr && sparse == nullptr && blocks.empty() && segments.empty() && tiers.empty();
  }
};
using EntryPtr = std::shared_ptr<SeriesEntry>;

/// All series that the store has samples of, or a source for. Under the lock of the store.
class SeriesTable final {
 public:
  /// The series with these labels; made where there is none. Null at `most` series. Throws `std::bad_alloc`.
  EntryPtr get(series::LabelSet labels, series::SampleForm form,
               const std::shared_ptr<const series::FamilyInfo>& family, std::size_t most);
  /// The same, without making one.
  [[nodiscard]] EntryPtr find(std::string_view labels, series::SampleForm form) const;
  /// Forgets a series; references to it stay valid.
  void erase(const SeriesEntry& entry) noexcept;

  [[nodiscard]] const EntryPtr& at(std::uint32_t id) const noexcept { return entries_[id]; }
  /// One more than the largest id. Entries in between may be null.
  [[nodiscard]] std::size_t id_end() const noexcept { return entries_.size(); }
  /// Ids among which are all series with this label. Some may be of series without it, or null. Null: no
  /// series has it. Valid until the next change of the table.
  [[nodiscard]] const std::vector<std::uint32_t>* with_label(std::string_view key,
                                                             std::string_view value) const;
  [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }
  /// About what the table takes.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Key {
    std::string_view labels;  ///< of the entry
    series::SampleForm form;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<std::string_view>()(key.labels) + static_cast<std::size_t>(key.form);
    }
  };
  /// The series that had a label when they came. Those that have gone are left out now and then.
  struct LabelList {
    std::vector<std::uint32_t> ids;
    std::size_t series = 0;
  };

  [[nodiscard]] static std::string text_of(const Label& label);
  void forget_label(const Label& label);

  std::vector<EntryPtr> entries_;
  std::vector<std::uint32_t> free_;  ///< ids that no reader holds; has room for all ids
  std::unordered_map<Key, std::uint32_t, KeyHash> ids_;
  std::unordered_map<std::string, LabelList> by_label_;
  std::size_t bytes_ = 0;
};

}  // namespace kymo::KYMO_ABI::history
