#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "report.h"

namespace kymo::KYMO_ABI::bench {

/// What one thread and two took for the same work: kymo, the limit and prometheus-cpp in turns, kymo and the
/// limit more often, because their ratios are what bars are about. Each is `side(threads)`, in nanoseconds.
class ByThreads final {
 public:
  template <class Ours, class Limit, class Theirs>
  ByThreads(const Effort& effort, Ours ours, Limit limit, Theirs theirs)
      : turns_(turns_of(effort,
                        {[=] { return ours(1); }, [=] { return ours(2); }, [=] { return limit(1); },
                         [=] { return limit(2); }},
                        {[=] { return theirs(1); }, [=] { return theirs(2); }})) {}

  [[nodiscard]] Row one(std::string work) const { return row(std::move(work), 0); }
  /// With the bar that two threads take no more each than one.
  [[nodiscard]] Row two(std::string work) const {
    return row(std::move(work), 1)
        .flat_with_threads(median_ratio(turns_[1], turns_[0]), median_ratio(turns_[3], turns_[2]));
  }

 private:
  [[nodiscard]] Row row(std::string work, std::size_t more_threads) const {
    return {.work = std::move(work),
            .unit = "ns",
            .kymo = median(turns_[more_threads]),
            .limit = median(turns_[2 + more_threads]),
            .peer = median(turns_[4 + more_threads])};
  }

  std::vector<std::vector<double>> turns_;
};

}  // namespace kymo::KYMO_ABI::bench
