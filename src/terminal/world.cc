#include <kymo/terminal/world.h>

#include <algorithm>

namespace kymo::KYMO_ABI::terminal {

const Points& Series::column(Field field) const noexcept {
  static const Points none;
  const auto index = static_cast<std::size_t>(field);
  return index < columns.size() ? columns[index] : none;
}

double Series::last(Field field) const noexcept {
  const Points& points = column(field);
  return points.empty() ? kUnknown : points.back();
}

const std::string* Series::label(const std::string& key) const noexcept {
  const auto found =
      std::find_if(labels.begin(), labels.end(), [&](const auto& one) { return one.first == key; });
  return found == labels.end() ? nullptr : &found->second;
}

bool Family::is_application() const noexcept {
  return !plain_name.starts_with("kymo_") && !plain_name.starts_with("node_") &&
         !plain_name.starts_with("process_");
}

std::size_t World::lower_bound(double time) const noexcept {
  return static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), time) - times.begin());
}

const Family* World::find(std::string_view plain) const noexcept {
  const auto found = std::find_if(families.begin(), families.end(),
                                  [&](const auto& one) { return one.second.plain_name == plain; });
  return found == families.end() ? nullptr : &found->second;
}

std::size_t World::alive_series() const noexcept {
  std::size_t count = 0;
  for (const auto& [name, family] : families) {
    for (const auto& [key, series] : family.series) count += series.is_alive ? 1 : 0;
  }
  return count;
}

double World::known_seconds() const noexcept { return times.empty() ? 0 : times.back() - times.front(); }

std::string plain_name(std::string_view name) {
  std::string plain(name);
  std::replace(plain.begin(), plain.end(), '.', '_');
  if (plain.ends_with("_total")) plain.resize(plain.size() - 6);
  return plain;
}

}  // namespace kymo::KYMO_ABI::terminal
