#include "core_ratios.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace kymo::KYMO_ABI::format {
namespace {

std::uint64_t core_number(const Point& point) {
  const std::string label = point.labels.find("cpu").value_or("");
  std::uint64_t number = std::numeric_limits<std::uint64_t>::max();
  std::from_chars(label.data(), label.data() + label.size(), number);
  return number;
}

}  // namespace

// Series are sorted by text, where core 10 comes before core 2.
std::vector<double> core_ratios(const Snapshot& snapshot) {
  std::vector<std::pair<std::uint64_t, double>> numbered;
  if (const FamilySnapshot* family = snapshot.find("kymo_system_cpu_core_ratio")) {
    for (std::size_t i = 0; i < family->size(); ++i) {
      const Point point = family->point(i);
      numbered.emplace_back(core_number(point), to_double(point.number));
    }
  }
  std::sort(numbered.begin(), numbered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<double> ratios;
  ratios.reserve(numbered.size());
  for (const auto& [core, ratio] : numbered) ratios.push_back(ratio);
  return ratios;
}

}  // namespace kymo::KYMO_ABI::format
