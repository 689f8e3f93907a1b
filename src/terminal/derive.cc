#include "derive.h"

#include <algorithm>
#include <cmath>

#include "number_text.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

/// A tick may be this much early.
constexpr double kEarlySeconds = 0.1;

bool counts_up(Kind kind) { return kind == Kind::counter || kind == Kind::histogram; }

/// Growth per second over the World's covered time, or over the part of it since a gap.
double covered_rate(const World& world, const Points& column, Kind kind, std::size_t at) {
  double more = 0;
  std::size_t before = at;
  const auto is_close = [&] {
    return world.times[at] - world.times[before] < world.covered_seconds - kEarlySeconds;
  };
  while (before > 0 && is_close() && !std::isnan(column[before - 1])) {
    const double step = column[before] - column[before - 1];
    more += step < 0 && counts_up(kind) ? column[before] : step;
    --before;
  }
  const double rate = more / (world.times[at] - world.times[before]);
  return std::isfinite(rate) ? rate : kUnknown;
}

/// Growth per second, over at least a second and a tick: a figure that changes once in that time must not
/// flicker.
Points rates(const World& world, const Series& series, Kind kind, std::size_t from) {
  const Points& column = series.column(Field::value);
  const double over = std::max(1.0, world.tick_seconds);
  Points points(world.times.size() - from, kUnknown);
  for (std::size_t at = std::max<std::size_t>(from, 1); at < world.times.size(); ++at) {
    if (world.covered_seconds > 0) {
      points[at - from] = covered_rate(world, column, kind, at);
      continue;
    }
    std::size_t before = at - 1;
    const auto is_close = [&] { return world.times[at] - world.times[before] < over - kEarlySeconds; };
    while (before > 0 && is_close() && !std::isnan(column[before])) --before;  // never across a gap
    const double seconds = world.times[at] - world.times[before];
    double more = column[at] - column[before];
    if (more < 0 && counts_up(kind)) more = column[at];
    const double rate = more / seconds;
    if (seconds > 0 && std::isfinite(rate)) points[at - from] = rate;
  }
  return points;
}

/// Infinities are valid values.
Points values(const Series& series, Field field, std::size_t from) {
  const Points& column = series.column(field);
  return {column.begin() + static_cast<std::ptrdiff_t>(std::min(from, column.size())), column.end()};
}

double quantile_of(View view) { return view == View::p50 ? 0.5 : view == View::p95 ? 0.95 : 0.99; }

Field field_of(View view) {
  return view == View::p50 ? Field::p50 : view == View::p95 ? Field::p95 : Field::p99;
}

bool is_quantile(View view) { return view == View::p50 || view == View::p95 || view == View::p99; }

std::pair<double, double> edges(std::int32_t index) {
  constexpr double kBucketsPerOctave = 8;
  if (index == kZeroBucket) return {0, 0};
  if (index < kZeroBucket) {
    const auto [smaller, larger] = edges(negative_bucket(index));
    return {-larger, -smaller};
  }
  return {std::exp2(index / kBucketsPerOctave), std::exp2((index + 1) / kBucketsPerOctave)};
}

/// The value at a share of a bucket.
double within(std::int32_t index, double share) {
  const auto [lower, upper] = edges(index);
  return lower == upper ? lower : lower * std::pow(upper / lower, share);
}

double quantile(const Buckets& buckets, double total, double q) {
  double before = 0;
  for (const auto& [index, count] : buckets) {
    if (before + count >= q * total) return within(index, (q * total - before) / count);
    before += count;
  }
  return within(buckets.rbegin()->first, 1);
}

/// A bucket's border may lie beyond all measured values; a percentile may not.
double within_extremes(double value, const SeriesList& series) {
  double least = kUnknown;
  double most = kUnknown;
  for (const Series* one : series) {
    least = std::fmin(least, one->least);
    most = std::fmax(most, one->most);
  }
  return std::fmax(std::fmin(value, most), least);
}

Points each_quantile(const World& world, const SeriesList& series, double q, std::size_t from) {
  Points points;
  points.reserve(world.times.size() - from);
  for (std::size_t at = from; at < world.times.size(); ++at) {
    points.push_back(quantiles(world, series, std::span(&q, 1), at)[0]);
  }
  return points;
}

/// A gauge of seconds may hold a point in time: its size tells.
std::string level_unit(const Family& family) {
  if (family.unit == "seconds" || (family.unit.empty() && family.name.ends_with("timestamp")))
    return std::string(base::kUnixSeconds);
  return family.unit == "milliseconds" ? std::string(base::kUnixMilliseconds) : family.unit;
}

}  // namespace

SeriesList summands(const Family& family) {
  SeriesList list;
  const Series* whole = nullptr;
  for (const auto& [key, series] : family.series) {
    if (series.labels.empty()) {
      whole = &series;
    } else if (series.is_alive) {
      list.push_back(&series);
    }
  }
  // An ended one no longer has the total.
  if (whole != nullptr && (whole->is_alive || list.empty())) return {whole};
  return list;
}

std::vector<double> quantiles(const World& world, const SeriesList& series, std::span<const double> qs,
                              std::size_t at) {
  std::vector<double> found(qs.size(), kUnknown);
  if (at >= world.times.size()) return found;
  const double over = world.covered_seconds > 0 ? world.covered_seconds : kQuantileSeconds;
  Buckets together;
  double total = 0;
  bool is_gap = true;
  for (const Series* one : series) {
    if (at >= one->growths.size()) continue;
    is_gap = is_gap && !one->growths[at].is_known;
    for (std::size_t i = at + 1; i-- > 0 && world.times[i] > world.times[at] - over;) {
      for (const auto& [index, count] : one->growths[i].buckets) {
        together[index] += count;
        total += count;
      }
    }
  }
  if (is_gap || total <= 0) return found;
  for (std::size_t i = 0; i < qs.size(); ++i) {
    found[i] = within_extremes(quantile(together, total, qs[i]), series);
  }
  return found;
}

Points points_of(const World& world, const Family& family, const SeriesList& series, View view,
                 std::size_t from) {
  from = std::min(from, world.times.size());
  if (is_quantile(view) && family.kind == Kind::histogram) {
    return each_quantile(world, series, quantile_of(view), from);
  }
  std::vector<Points> parts;
  parts.reserve(series.size());
  for (const Series* one : series) {
    if (family.kind == Kind::window) {
      parts.push_back(values(*one, is_quantile(view) ? field_of(view) : Field::value, from));
    } else {
      parts.push_back(view == View::rate ? rates(world, *one, family.kind, from)
                                         : values(*one, Field::value, from));
    }
  }
  return sum(parts);
}

double latest_of(const World& world, const Family& family, const SeriesList& series, View view) {
  if (world.times.empty()) return kUnknown;
  const Points points = points_of(world, family, series, view, world.times.size() - 1);
  return points.empty() ? kUnknown : points.back();
}

std::string unit_of(const Family& family, View view) {
  const bool counts = family.kind == Kind::histogram || family.kind == Kind::window;
  if (view == View::rate) return counts ? "/s" : rate_unit(family.unit);
  if (view == View::raw && family.kind == Kind::gauge) return level_unit(family);
  return view == View::raw && counts ? "" : family.unit;
}

Points sum(const std::vector<Points>& parts) {
  if (parts.empty()) return {};
  Points total(parts.front().size(), kUnknown);
  for (const Points& part : parts) {
    for (std::size_t i = 0; i < total.size() && i < part.size(); ++i) {
      if (!std::isnan(part[i])) total[i] = (std::isnan(total[i]) ? 0 : total[i]) + part[i];
    }
  }
  return total;
}

double mean(std::span<const double> points) {
  double total = 0;
  double count = 0;
  for (const double value : points) {
    if (std::isnan(value)) continue;
    total += value;
    ++count;
  }
  return count > 0 ? total / count : kUnknown;
}

std::size_t first_of_last(const World& world, int width) {
  const auto wanted = static_cast<std::size_t>(std::max(width, 0));
  return world.times.size() > wanted ? world.times.size() - wanted : 0;
}

}  // namespace kymo::KYMO_ABI::terminal
