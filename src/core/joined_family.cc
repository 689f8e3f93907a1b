#include "joined_family.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace kymo::inline v0 {
namespace {

struct Joined {
  Point point;
  SeriesPtr series;
  double number = 0;
};

GaugeStatistics statistics_of(const Joined& one) {
  if (one.point.gauge != nullptr) return *one.point.gauge;
  // A callback tells one value, that of now.
  return {.count = 1, .min = one.number, .max = one.number, .mean = one.number, .last_update = {}};
}

}  // namespace

FamilySnapshot joined(const FamilySnapshot& recorded, const FamilySnapshot& observed) {
  std::map<std::string_view, Joined> all;  // by labels, which is the order that a family is shown in
  const bool adds_up = recorded.descriptor().kind == Kind::counter;
  for (const FamilySnapshot* family : {&recorded, &observed}) {
    for (std::size_t i = 0; i < family->size(); ++i) {
      const Point point = family->point(i);
      const double number = to_double(point.number);
      const auto [at, is_new] =
          all.try_emplace(point.labels.text(), Joined{point, (*family->columns().series)[i], number});
      if (!is_new && adds_up) at->second.number += number;
    }
  }
  FamilyColumns columns;
  columns.descriptor = recorded.columns().descriptor;
  auto series = std::make_shared<std::vector<SeriesPtr>>();
  for (const auto& [labels, one] : all) {
    series->push_back(one.series);
    columns.created.push_back(one.point.created);
    columns.numbers.push_back(std::bit_cast<std::uint64_t>(one.number));
    if (adds_up) continue;
    columns.gauges.push_back(statistics_of(one));
    columns.unset.push_back(one.point.is_unset);
  }
  columns.series = std::move(series);
  return FamilySnapshot(std::move(columns));
}

}  // namespace kymo::inline v0
