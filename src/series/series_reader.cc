#include <kymo/series/series_reader.h>

#include <algorithm>
#include <map>
#include <set>

namespace kymo::KYMO_ABI::series {

bool fits(const LabelSet& labels, std::span<const Matcher> matchers) noexcept {
  return std::ranges::all_of(
      matchers, [&](const Matcher& matcher) { return matcher.matches(labels.get(matcher.key())); });
}

std::vector<std::string> SeriesReader::label_names(std::span<const Matcher> matchers, TimeRange range,
                                                   const ReadLimit& limit) const {
  std::set<std::string, std::less<>> names;
  for (const SeriesRef& series : find(matchers, range, limit)) {
    for (const Label label : series->labels) {
      if (!names.contains(label.key)) names.emplace(label.key);
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> SeriesReader::label_values(std::string_view key, std::span<const Matcher> matchers,
                                                    TimeRange range, const ReadLimit& limit) const {
  std::set<std::string, std::less<>> values;
  for (const SeriesRef& series : find(matchers, range, limit)) {
    const std::string_view value = series->labels.get(key);
    if (!value.empty() && !values.contains(value)) values.emplace(value);
  }
  return {values.begin(), values.end()};
}

std::vector<std::shared_ptr<const FamilyInfo>> SeriesReader::families(const ReadLimit& limit) const {
  std::map<std::string_view, std::shared_ptr<const FamilyInfo>> families;
  for (const SeriesRef& series : find({}, {}, limit)) families.emplace(series->family->name, series->family);
  std::vector<std::shared_ptr<const FamilyInfo>> sorted;
  sorted.reserve(families.size());
  for (auto& [name, family] : families) sorted.push_back(std::move(family));
  return sorted;
}

}  // namespace kymo::KYMO_ABI::series
