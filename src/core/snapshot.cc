#include <kymo/core/snapshot.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace kymo::KYMO_ABI {
namespace {

Number number_from(std::uint64_t bits, FamilyColumns::NumberType type) noexcept {
  switch (type) {
    case FamilyColumns::NumberType::unsigned_integer: return bits;
    case FamilyColumns::NumberType::signed_integer: return static_cast<std::int64_t>(bits);
    case FamilyColumns::NumberType::floating: return std::bit_cast<double>(bits);
  }
  return std::uint64_t{0};
}

bool same_labels(LabelsView rendered, Labels wanted) {
  std::string text;
  render_labels(wanted, std::numeric_limits<std::size_t>::max(), text);
  return rendered.text() == text;
}

}  // namespace

double to_double(const Number& number) noexcept {
  if (const auto* whole = std::get_if<std::uint64_t>(&number)) return static_cast<double>(*whole);
  if (const auto* whole = std::get_if<std::int64_t>(&number)) return static_cast<double>(*whole);
  return *std::get_if<double>(&number);
}

double WindowValue::mean() const noexcept {
  if (sorted.empty()) return 0;
  const auto count = static_cast<double>(sorted.size());
  const double sum = std::accumulate(sorted.begin(), sorted.end(), 0.0);
  if (std::isfinite(sum)) return sum / count;
  const double mean = std::accumulate(sorted.begin(), sorted.end(), 0.0,
                                      [count](double part, double value) { return part + value / count; });
  return std::clamp(mean, sorted.front(), sorted.back());
}

double WindowValue::quantile(double q) const noexcept {
  if (sorted.empty() || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  const double rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(sorted.size()));
  return sorted[rank < 1 ? 0 : static_cast<std::size_t>(rank) - 1];
}

Point FamilySnapshot::point(std::size_t index) const noexcept {
  const SeriesPtr& series = (*columns_.series)[index];
  Point point;
  point.labels = series.labels();
  point.created = index < columns_.created.size() ? columns_.created[index] : series.created();
  if (index < columns_.numbers.size())
    point.number = number_from(columns_.numbers[index], columns_.number_type);
  if (index < columns_.histograms.size()) point.histogram = &columns_.histograms[index];
  if (index < columns_.windows.size()) point.window = &columns_.windows[index];
  if (index < columns_.gauges.size()) point.gauge = &columns_.gauges[index];
  if (index < columns_.unset.size()) point.is_unset = columns_.unset[index];
  if (index < columns_.exemplars.size() && !columns_.exemplars[index].empty()) {
    point.exemplars = &columns_.exemplars[index];
  }
  return point;
}

const std::vector<double>& FamilySnapshot::text_bounds() const noexcept {
  static const std::vector<double> kNone;
  return columns_.text_bounds == nullptr ? kNone : *columns_.text_bounds;
}

std::optional<Point> FamilySnapshot::find(Labels labels) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (same_labels((*columns_.series)[i].labels(), labels)) return point(i);
  }
  return std::nullopt;
}

const FamilySnapshot* Snapshot::find(std::string_view name) const noexcept {
  const auto matches = [name](const FamilySnapshot& family) {
    const Descriptor& descriptor = family.descriptor();
    if (descriptor.name == name || descriptor.family_name == name) return true;
    return descriptor.kind == Kind::counter && name.ends_with("_total") &&
           descriptor.family_name == name.substr(0, name.size() - 6);
  };
  const auto found = std::find_if(families.begin(), families.end(), matches);
  return found == families.end() ? nullptr : &*found;
}

std::optional<Point> Snapshot::find(std::string_view name, Labels labels) const {
  const FamilySnapshot* family = find(name);
  return family == nullptr ? std::nullopt : family->find(labels);
}

}  // namespace kymo::KYMO_ABI
