#include <kymo/terminal/series_store.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <utility>

namespace kymo::KYMO_ABI::terminal {
namespace {

constexpr std::size_t kMostMoments = 400;
/// Frames closer than this are one moment.
constexpr double kMomentSeconds = 0.9;
/// After a longer silence, the time between two frames is unknown.
constexpr double kGapSeconds = 3.5;

std::size_t fields_of(Kind kind) {
  switch (kind) {
    case Kind::histogram: return 2;
    case Kind::window: return kFields;
    default: return 1;
  }
}

std::string key_of(const LabelList& labels) {
  std::string key;
  for (const auto& [name, value] : labels) {
    key.append(name).push_back('\0');
    key.append(value).push_back('\0');
  }
  return key;
}

/// The value alone if there is a single key, unless the value is empty.
std::string text_of(const LabelList& labels) {
  if (labels.size() == 1 && !labels.front().second.empty()) return labels.front().second;
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ' ';
    text.append(name).append("=").append(value.empty() ? "\"\"" : value);
  }
  return text;
}

Series make_series(LabelList labels, Kind kind, std::size_t moments) {
  Series series;
  series.label_text = text_of(labels);
  series.labels = std::move(labels);
  series.columns.assign(fields_of(kind), Points(moments, kUnknown));
  if (kind == Kind::histogram) series.growths.resize(moments);
  return series;
}

/// A series that returns counts from 0.
void end(Series& series) {
  series.is_alive = false;
  series.has_totals = false;
  series.totals.clear();
}

void set_field(Series& series, Field field, double value, bool from_zero) {
  Points& points = series.columns[static_cast<std::size_t>(field)];
  if (points.empty()) return;
  if (from_zero && points.size() > 1 && std::isnan(points[points.size() - 2])) points[points.size() - 2] = 0;
  points.back() = value;
}

}  // namespace

void SeriesStore::hello(std::string_view instance, std::string_view server, double tick_seconds,
                        double time) {
  if (!instance_.empty() && instance_ != instance) {
    last_seq_.reset();
    forget_ids();
    has_restarted_ = true;
    if (!(time > world_.last_time())) {
      world_ = World{};
      count_ = 0;
    }
  }
  instance_ = instance;
  world_.server = server;
  world_.tick_seconds = tick_seconds;
}

void SeriesStore::forget_ids() {
  families_.clear();
  series_.clear();
  world_.omitted_series = 0;  // counted again as they are named again
}

void SeriesStore::follow_clock(double time, double uptime_seconds) {
  if (has_restarted_ || world_.times.empty() || !(time < world_.times.back())) return;
  double since = uptime_seconds - world_.uptime_seconds;
  if (!(since > 0 && since < kKeptSeconds)) since = world_.tick_seconds;
  const double by = world_.times.back() + since - time;
  for (double& one : world_.times) one -= by;
  for (double& one : world_.restarts) one -= by;
  moment_began_ -= by;
  is_cut_off_ = true;
}

void SeriesStore::adopt_family(std::uint32_t id, std::string_view name, Kind kind, std::string_view unit) {
  auto [place, is_new] = world_.families.try_emplace(std::string(name));
  Family& family = place->second;
  const std::string_view shown_unit = unit.empty() && name.ends_with("_ms") ? "milliseconds" : unit;
  // A newer version of a server may count differently: the old data cannot continue.
  if (!is_new && (family.kind != kind || family.unit != shown_unit)) {
    count_ -= family.series.size();
    std::erase_if(series_, [&](const auto& one) { return one.second.family == &family; });
    family.series.clear();
  }
  family.name = name;
  family.plain_name = plain_name(name);
  family.kind = kind;
  family.unit = shown_unit;
  families_[id] = &family;
}

bool SeriesStore::adopt_series(std::uint32_t id, std::uint32_t family_id, LabelList labels) {
  const auto family = families_.find(family_id);
  if (family == families_.end()) return false;
  std::sort(labels.begin(), labels.end());
  const std::string key = key_of(labels);
  auto& known = family->second->series;
  auto found = known.find(key);
  if (found == known.end()) {
    if (count_ >= kMaxSeries) {
      ++world_.omitted_series;
      return false;
    }
    ++count_;
    found =
        known.emplace(key, make_series(std::move(labels), family->second->kind, world_.times.size())).first;
  }
  found->second.is_alive = true;
  series_[id] = {family->second, &found->second};
  return true;
}

void SeriesStore::end_unnamed() {
  std::unordered_set<const Series*> named;
  for (const auto& [id, place] : series_) named.insert(place.series);
  for (auto& [name, family] : world_.families) {
    for (auto& [key, series] : family.series) {
      if (!named.contains(&series)) end(series);
    }
  }
}

void SeriesStore::end_series(std::uint32_t id) {
  const auto found = series_.find(id);
  if (found == series_.end()) return;
  Series& series = *found->second.series;
  end(series);
  for (Points& points : series.columns) {
    if (!points.empty()) points.back() = kUnknown;
  }
  series_.erase(found);
}

bool SeriesStore::begin(std::optional<std::uint64_t> seq, double time) {
  if (!std::isfinite(time)) return false;
  if (seq) last_seq_ = seq;
  if (!world_.times.empty() && time <= world_.times.back()) return false;
  const bool has_restarted = std::exchange(has_restarted_, false);
  const bool is_anew = std::exchange(is_cut_off_, false) || has_restarted;
  if (has_restarted) world_.restarts.push_back(time);
  if (!is_anew && !world_.times.empty() && time - moment_began_ < kMomentSeconds && world_.times.size() > 1) {
    world_.times.back() = time;
    return true;
  }
  const bool is_late =
      !world_.times.empty() && time - world_.times.back() > std::max(kGapSeconds, 2.5 * world_.tick_seconds);
  const bool is_gap = is_late || (is_anew && !world_.times.empty());
  if (is_gap) push_gap(std::nextafter(time, 0));
  moment_began_ = time;
  // A value that is unchanged since before the gap is still valid after it.
  push(time, is_gap ? 2 : 1);
  return true;
}

/// A moment without data: no rate is computed across it.
void SeriesStore::push_gap(double time) {
  push(time, 1);
  for (auto& [name, family] : world_.families) {
    for (auto& [key, series] : family.series) {
      for (Points& points : series.columns) points.back() = kUnknown;
      if (!series.growths.empty()) series.growths.back().is_known = false;
      series.has_totals = false;
    }
  }
}

/// `back`: distance to the moment whose values continue.
void SeriesStore::push(double time, std::size_t back) {
  world_.times.push_back(time);
  for (auto& [name, family] : world_.families) {
    for (auto& [key, series] : family.series) {
      for (Points& points : series.columns)
        points.push_back(series.is_alive && points.size() >= back ? points[points.size() - back] : kUnknown);
      if (family.kind == Kind::histogram) series.growths.emplace_back();
    }
  }
  if (world_.times.size() > kMostMoments) compact();
}

void SeriesStore::compact() {
  const auto gone = static_cast<std::ptrdiff_t>(world_.lower_bound(world_.last_time() - kKeptSeconds));
  world_.times.erase(world_.times.begin(), world_.times.begin() + gone);
  std::erase_if(world_.restarts, [this](double time) { return time < world_.times.front(); });
  const auto is_over = [](const Series& series) {
    const auto is_unknown = [](double value) { return std::isnan(value); };
    return !series.is_alive && std::all_of(series.columns[0].begin(), series.columns[0].end(), is_unknown);
  };
  for (auto family = world_.families.begin(); family != world_.families.end();) {
    for (auto& [key, series] : family->second.series) {
      for (Points& points : series.columns) points.erase(points.begin(), points.begin() + gone);
      if (!series.growths.empty())
        series.growths.erase(series.growths.begin(), series.growths.begin() + gone);
    }
    count_ -= std::erase_if(family->second.series, [&](const auto& one) { return is_over(one.second); });
    const bool is_named = std::any_of(families_.begin(), families_.end(),
                                      [&](const auto& one) { return one.second == &family->second; });
    family = family->second.series.empty() && !is_named ? world_.families.erase(family) : std::next(family);
  }
}

void SeriesStore::set(std::uint32_t id, const Reading& reading, bool from_nothing) {
  const auto found = series_.find(id);
  if (found == series_.end() || world_.times.empty()) return;
  Series& series = *found->second.series;
  const Kind kind = found->second.family->kind;
  if (const double* number = std::get_if<double>(&reading)) {
    set_field(series, Field::value, *number, from_nothing && kind == Kind::counter);
  } else if (const auto* histogram = std::get_if<HistogramReading>(&reading);
             histogram && kind == Kind::histogram) {
    set_field(series, Field::value, histogram->count, from_nothing);
    set_field(series, Field::sum, histogram->sum, from_nothing);
    set_buckets(series, *histogram, from_nothing);
  } else if (const auto* window = std::get_if<WindowReading>(&reading); window && kind == Kind::window) {
    set_field(series, Field::value, window->count, false);
    set_field(series, Field::mean, window->mean, false);
    set_field(series, Field::p50, window->p50, false);
    set_field(series, Field::p95, window->p95, false);
    set_field(series, Field::p99, window->p99, false);
  }
}

void SeriesStore::set_buckets(Series& series, const HistogramReading& reading, bool from_nothing) const {
  Growth& growth = series.growths.back();
  if (series.has_totals || from_nothing) {
    const auto before = [&](std::int32_t index) {
      const auto found = series.totals.find(index);
      return found == series.totals.end() ? 0.0 : found->second;
    };
    // A bucket that fell was restarted and counts from 0.
    const bool is_restart = std::any_of(series.totals.begin(), series.totals.end(), [&](const auto& one) {
      const auto now = reading.buckets.find(one.first);
      return now == reading.buckets.end() || now->second < one.second;
    });
    for (const auto& [index, count] : reading.buckets) {
      const double more = count - (is_restart ? 0 : before(index));
      if (more > 0) growth.buckets.emplace_back(index, more);
    }
  } else {
    growth.is_known = false;
  }
  series.totals = reading.buckets;
  series.has_totals = true;
  // A new process' extremes are narrower, and say nothing about older moments: they may only widen the range.
  series.least = std::fmin(series.least, reading.min);
  series.most = std::fmax(series.most, reading.max);
}

}  // namespace kymo::KYMO_ABI::terminal
