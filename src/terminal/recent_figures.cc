#include "recent_figures.h"

#include <algorithm>
#include <cmath>

#include "number_text.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

/// The sum of all rises. A fall is a restart for a counter, and no loss for any other kind.
double growth_of(const Series& series, bool restarts, std::size_t from) {
  const Points& column = series.column(Field::value);
  double total = 0;
  double before = kUnknown;
  for (std::size_t at = from; at < column.size(); ++at) {
    if (std::isnan(column[at])) continue;
    if (column[at] >= before) {
      total += column[at] - before;
    } else if (column[at] < before && restarts) {
      total += column[at];
    }
    before = column[at];
  }
  return total;
}

}  // namespace

double RecentFigures::mean_of(const SeriesList& series, double seconds) const {
  const std::size_t from = world_.lower_bound(world_.last_time() - seconds + 0.001);
  std::vector<Points> parts;
  for (const Series* one : series) {
    if (!one->is_alive) continue;
    const Points& column = one->column(Field::value);
    Points part(column.begin() + static_cast<std::ptrdiff_t>(std::min(from, column.size())), column.end());
    for (double& value : part) value = std::isfinite(value) ? value : kUnknown;
    parts.push_back(std::move(part));
  }
  return terminal::mean(sum(parts));
}

double RecentFigures::mean(std::string_view name, double seconds,
                           const std::vector<LabelPair>& labels) const {
  const Family* family = find(name);
  if (family == nullptr) return kUnknown;
  if (labels.empty()) return mean_of(summands(*family), seconds);
  SeriesList matching;
  for (const auto& [key, series] : family->series) {
    const bool matches = std::all_of(labels.begin(), labels.end(), [&one = series](const LabelPair& wanted) {
      const std::string* value = one.label(wanted.first);
      return value != nullptr && *value == wanted.second;
    });
    if (matches) matching.push_back(&series);
  }
  return mean_of(matching, seconds);
}

double RecentFigures::growth(std::string_view name, double seconds) const {
  const Family* family = find(name);
  return family == nullptr ? kUnknown : growth(*family, seconds);
}

double RecentFigures::growth(const Family& family, double seconds) const {
  const std::size_t from = world_.lower_bound(world_.last_time() - seconds - 1 + 0.001);
  const bool restarts = family.kind == Kind::counter || family.kind == Kind::histogram;
  double total = 0;
  for (const Series* series : summands(family)) total += growth_of(*series, restarts, from);
  return total;
}

std::string RecentFigures::last_of(double seconds) const {
  const double known = world_.last_time() - (world_.times.empty() ? kUnknown : world_.times.front());
  if (known < seconds - 1) return duration_text(known);
  return seconds == 60 ? "minute" : amount_text(seconds / 60) + " minutes";
}

std::vector<const Family*> RecentFigures::named(const std::function<bool(std::string_view)>& accepts) const {
  std::vector<const Family*> found;
  for (const auto& [name, family] : world_.families) {
    if (accepts(family.plain_name)) found.push_back(&family);
  }
  return found;
}

RecentFigures::Largest RecentFigures::largest(const Family* family, double seconds) const {
  Largest best;
  if (family == nullptr) return best;
  for (const auto& [key, series] : family->series) {
    const double value = mean_of({&series}, seconds);
    if (std::isnan(value) || value <= best.value) continue;
    best = {value, &series};
  }
  return best;
}

}  // namespace kymo::KYMO_ABI::terminal
