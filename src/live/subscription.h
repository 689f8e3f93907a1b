#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/core/labels.h>

namespace kymo::KYMO_ABI::live {

/// A client's choice of series, and the rate. Equal choices are equal, in any spelling.
struct Subscription {
  std::vector<std::string> names;                          ///< ascending; a final `*` is a wildcard
  std::vector<std::pair<std::string, std::string>> match;  ///< ascending; labels that a series must have
  int rate_hz = 1;

  friend auto operator<=>(const Subscription&, const Subscription&) = default;

  /// True if the client wants less than everything.
  [[nodiscard]] bool is_filtered() const noexcept { return !names.empty() || !match.empty(); }
  /// Sorts both lists, and removes redundant names.
  void normalize();
  [[nodiscard]] bool wants_family(std::string_view name) const noexcept;
  [[nodiscard]] bool wants_series(LabelsView labels) const;
};

}  // namespace kymo::KYMO_ABI::live
