#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <kymo/core/snapshot.h>

#include "subscription.h"

namespace kymo::KYMO_ABI::live {

/// The number of a frame. 0 is before all frames.
using Seq = std::uint64_t;

/// What a subscription shows, with the frame in which each part of it last changed: so the difference to any
/// earlier frame can be written, and nothing has to be kept for a client but the number of its last one.
///
/// Ids are given in the order of appearance and never again. Threads: one at a time. Cost of update(): for
/// each series a comparison of its labels with those that stood in its place before, and a fingerprint of its
/// value; text is made only of what changed. Where a family's series come in another order than before, they
/// are looked up.
class SeriesTable final {
 public:
  explicit SeriesTable(const Subscription& subscription) : subscription_(subscription) {}

  /// Takes over a Snapshot as frame `seq`, which is higher than those before.
  void update(const Snapshot& snapshot, Seq seq);

  /// `"families":[…]` with all series and values.
  void write_full(std::string& out) const;
  /// Where, in what was appended, the list of changed values is; empty where there is none.
  struct ValuesPlace {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  /// `,"families":[…],"series":[…],"values":[…],"gone":[…]`: what changed after frame `since`; empty lists
  /// are left out. `since` is not before first_known().
  ValuesPlace write_delta(Seq since, std::string& out) const;

  /// The earliest frame to which a difference can still be written.
  [[nodiscard]] Seq first_known() const noexcept { return first_known_; }
  [[nodiscard]] std::size_t series() const noexcept;

 private:
  struct Series {
    std::uint32_t id = 0;
    Seq appeared = 0;
    Seq changed = 0;
    std::uint64_t fingerprint = 0;
    std::string labels;  ///< as LabelsView has them
    std::string value;   ///< as JSON
  };
  struct Family {
    std::uint32_t id = 0;
    Seq appeared = 0;
    Kind kind = Kind::gauge;
    std::string unit;
    std::string help;
    std::string head;            ///< as append_live_family() writes it
    std::vector<Series> series;  ///< in the order of the last Snapshot
  };
  struct Gone {
    std::uint32_t id = 0;
    Seq appeared = 0;
    Seq gone = 0;
  };

  using Families = std::map<std::string, Family, std::less<>>;

  void update_family(const FamilySnapshot& snapshot, Seq seq);
  void update_series(Family& family, Seq seq);
  void reorder(Family& family, Seq seq);
  [[nodiscard]] Series make_series(const Point& point, Seq seq);
  void lose(const Series& series, Seq seq);
  void forget_gone();
  void write_new_families(Seq since, std::string& out) const;
  void write_new_series(Seq since, std::string& out) const;
  void write_values(Seq since, std::string& out) const;
  void write_gone(Seq since, std::string& out) const;

  const Subscription& subscription_;
  Families families_;  ///< by registered name; only those that have series
  std::deque<Gone> gone_;
  Seq first_known_ = 0;
  std::uint32_t next_family_ = 0;
  std::uint32_t next_series_ = 0;
  std::vector<Point> points_;  ///< of the family at hand, that are wanted
};

}  // namespace kymo::KYMO_ABI::live
