#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <kymo/core/snapshot.h>

#include "client_message.h"

namespace kymo::KYMO_ABI::live {

/// The number of a frame. 0 is before all frames.
using Seq = std::uint64_t;

/// The content of a subscription, with the frame in which each part last changed. So the difference to any
/// earlier frame can be written, and of a client only its last frame's number is stored.
///
/// Ids are given in the order of appearance and never reused. Threads: one at a time. Cost of update(): for
/// each series a comparison of its labels with the ones at its last place, and a fingerprint of its value.
/// Text is made only for changes. If a family's series come in another order than before, they are looked
/// up.
class SeriesTable final {
 public:
  explicit SeriesTable(const Subscription& subscription) : subscription_(subscription) {}

  /// Takes a Snapshot as frame `seq`, which must be higher than those before.
  void update(const Snapshot& snapshot, Seq seq);

  /// `"families":[…]` with all series and values.
  void write_full(std::string& out) const;
  /// Place of the list of changed values in the appended text; empty: no such list.
  struct ValuesPlace {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  /// `,"families":[…],"series":[…],"values":[…],"gone":[…]`: the changes after frame `since`; empty lists are
  /// left out. `since` must not be before first_known().
  ValuesPlace write_delta(Seq since, std::string& out) const;

  /// The earliest possible base of a difference.
  [[nodiscard]] Seq first_known() const noexcept { return first_known_; }
  [[nodiscard]] std::size_t series() const noexcept;

 private:
  struct Series {
    std::uint32_t id = 0;
    Seq appeared = 0;
    Seq changed = 0;
    std::uint64_t fingerprint = 0;
    std::string labels;  ///< as in LabelsView
    std::string value;   ///< as JSON
  };
  struct Family {
    std::uint32_t id = 0;
    Seq appeared = 0;
    Kind kind = Kind::gauge;
    std::string unit;
    std::string help;
    std::string head;            ///< as written by append_live_family()
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
  Families families_;  ///< by registered name; only those with series
  std::deque<Gone> gone_;
  Seq first_known_ = 0;
  std::uint32_t next_family_ = 0;
  std::uint32_t next_series_ = 0;
  std::vector<Point> points_;  ///< the wanted ones of the current family
};

}  // namespace kymo::KYMO_ABI::live
