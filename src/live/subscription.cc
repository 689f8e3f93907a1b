#include "subscription.h"

#include <algorithm>

namespace kymo::KYMO_ABI::live {
namespace {

bool covers(std::string_view pattern, std::string_view name) noexcept {
  if (!pattern.ends_with('*')) return pattern == name;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

void Subscription::normalize() {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const bool all = std::find(names.begin(), names.end(), "*") != names.end();
  if (all) names.clear();
  std::sort(match.begin(), match.end());
}

bool Subscription::wants_family(std::string_view name) const noexcept {
  return names.empty() ||
         std::any_of(names.begin(), names.end(), [&](const auto& pattern) { return covers(pattern, name); });
}

bool Subscription::wants_series(LabelsView labels) const {
  return std::all_of(match.begin(), match.end(), [&](const auto& label) {
    // A plain search in the text rejects most labels, without extracting values.
    return labels.text().find(label.first) != std::string_view::npos &&
           labels.find(label.first) == label.second;
  });
}

}  // namespace kymo::KYMO_ABI::live
