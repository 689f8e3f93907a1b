#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "derive.h"

namespace kymo::KYMO_ABI::terminal {

/// Figures of a World's last minutes, for the verdict's rules. Names are plain ones; NaN: unknown.
class RecentFigures final {
 public:
  using LabelPair = std::pair<std::string, std::string>;

  explicit RecentFigures(const World& world) noexcept : world_(world) {}

  /// The mean of a family's sum over the last seconds; with labels, only of the series that have them.
  [[nodiscard]] double mean(std::string_view name, double seconds,
                            const std::vector<LabelPair>& labels = {}) const;
  /// The rise of a family's sum in the last seconds.
  [[nodiscard]] double growth(std::string_view name, double seconds) const;
  [[nodiscard]] double growth(const Family& family, double seconds) const;
  /// The known part of the last minutes, in words: `minute`, `5 minutes`, or `12 s`.
  [[nodiscard]] std::string last_of(double seconds) const;
  /// The families whose plain name `accepts` returns true for.
  [[nodiscard]] std::vector<const Family*> named(const std::function<bool(std::string_view)>& accepts) const;

  struct Largest {
    double value = kUnknown;
    const Series* series = nullptr;
  };
  /// The largest of a family's series.
  [[nodiscard]] Largest largest(const Family* family, double seconds) const;
  [[nodiscard]] const Family* find(std::string_view name) const { return world_.find(name); }

 private:
  [[nodiscard]] double mean_of(const SeriesList& series, double seconds) const;

  const World& world_;
};

}  // namespace kymo::KYMO_ABI::terminal
