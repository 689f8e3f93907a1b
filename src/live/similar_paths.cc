#include "similar_paths.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace kymo::KYMO_ABI::live {
namespace {

constexpr std::size_t kMost = 3;
constexpr std::size_t kLongestCompared = 128;
constexpr std::size_t kFewLetters = 3;

/// Levenshtein distance: number of inserted, deleted or replaced letters.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// Smaller is nearer; nothing in common: kFewLetters + 2.
std::size_t distance(std::string_view path, std::string_view known) {
  const std::size_t letters = edit_distance(path, known);
  if (letters <= kFewLetters) return letters;
  const bool one_begins_the_other =
      path.size() > 1 && known.size() > 1 && (path.starts_with(known) || known.starts_with(path));
  return kFewLetters + (one_begins_the_other ? 1 : 2);
}

}  // namespace

std::vector<std::string> similar_paths(std::string_view path, const std::vector<std::string>& known) {
  path = path.substr(0, kLongestCompared);
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& candidate : known) {
    const std::size_t how_far = distance(path, candidate);
    // A path no longer than the difference is no typing error: "/x" is not "/".
    if (how_far <= kFewLetters + 1 && how_far + 1 < candidate.size()) {
      ranked.emplace_back(how_far, candidate);
    }
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> nearest;
  for (auto& [how_far, candidate] : ranked) {
    const bool is_new = std::find(nearest.begin(), nearest.end(), candidate) == nearest.end();
    if (is_new && nearest.size() < kMost) nearest.push_back(std::move(candidate));
  }
  return nearest;
}

}  // namespace kymo::KYMO_ABI::live
