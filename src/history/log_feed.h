#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "log_encoder.h"
#include "names.h"
#include "series_group.h"

namespace kymo::KYMO_ABI::history {

/// Writes the ticks of a head as records of the log. Each key frame has the names of its series before it, so
/// that damage to names costs no more than damage to ticks. Threads: the one that appends.
class LogFeed final {
 public:
  using Groups = std::vector<std::unique_ptr<SeriesGroup>>;

  /// Appends the records of the groups' last tick. Throws `std::bad_alloc`; then the tick has no record, and
  /// the next one is a key frame. Allocates nothing while no series and no bucket is new.
  void append(std::int64_t time_ms, const Groups& groups, Bytes& to);
  /// The next tick goes into a new file.
  void begin_anew() { encoder_.begin_anew(); }
  /// As before the first tick: ticks in between have no record.
  void restart();

 private:
  struct SlotColumns {
    std::uint64_t added = 0;  ///< as SeriesGroup::added(); 0: no column yet
    std::uint32_t column = 0;
    std::vector<std::pair<std::int32_t, std::uint32_t>> buckets;  ///< and their columns; ascending
  };
  struct GroupColumns {
    std::uint64_t additions = 0;  ///< as SeriesGroup::additions() at the last look
    std::uint64_t named = 0;      ///< the same, at the last record of all names
    std::uint64_t present = 0;    ///< at the tick before
    std::vector<SlotColumns> slots;
  };

  void forget_columns();
  std::uint32_t add_column(const LogColumn& column);
  void add_slots(const SeriesGroup& group, GroupColumns& columns, bool is_key);
  void write_group(const SeriesGroup& group, GroupColumns& columns, bool is_key);
  void write_buckets(const SeriesGroup& group, std::uint32_t slot, SlotColumns& columns);
  void set(std::uint32_t column, std::uint64_t bits) {
    bits_[column] = bits;
    present_[column / kWordBits] |= std::uint64_t{1} << column % kWordBits;
  }
  void put_names(const Groups& groups, bool is_key, Bytes& to);

  LogEncoder encoder_;
  NamesEncoder names_;
  std::vector<GroupColumns> groups_;
  std::vector<LogColumn> columns_;
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint64_t> present_;
  std::vector<std::uint32_t> stale_;
  std::vector<LogCreated> created_;
  std::vector<LogSeries> added_;  ///< at this tick, which is no key frame
  Bytes all_names_;               ///< of the groups as they were at GroupColumns::named
};

}  // namespace kymo::KYMO_ABI::history
