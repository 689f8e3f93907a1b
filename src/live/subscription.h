#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/core/labels.h>

namespace kymo::KYMO_ABI::live {

/// Which series a client wants, and how often. Two that want the same are equal, however they wrote it.
struct Subscription {
  std::vector<std::string> names;                          ///< ascending; `*` at the end stands for the rest
  std::vector<std::pair<std::string, std::string>> match;  ///< ascending; labels that a series must have
  int rate_hz = 1;

  friend auto operator<=>(const Subscription&, const Subscription&) = default;

  /// Whether less than everything is wanted.
  [[nodiscard]] bool is_filtered() const noexcept { return !names.empty() || !match.empty(); }
  /// Sorts both lists, and drops names that say nothing new.
  void normalize();
  [[nodiscard]] bool wants_family(std::string_view name) const noexcept;
  [[nodiscard]] bool wants_series(LabelsView labels) const;
};

}  // namespace kymo::KYMO_ABI::live
