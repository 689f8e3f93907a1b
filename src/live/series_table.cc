#include "series_table.h"

#include <bit>
#include <numeric>
#include <unordered_map>
#include <utility>
#include <variant>

#include <kymo/format/live_json.h>

namespace kymo::KYMO_ABI::live {
namespace {

/// Limit of remembered removed series. A client that is further behind gets a full frame.
constexpr std::size_t kMostGone = 10'000;

class Fingerprint final {
 public:
  void add(std::uint64_t bits) noexcept {
    hash_ = (hash_ ^ bits) * 0x9E3779B97F4A7C15U;
    hash_ ^= hash_ >> 32U;
  }
  void add(double number) noexcept { add(std::bit_cast<std::uint64_t>(number)); }
  [[nodiscard]] std::uint64_t get() const noexcept { return hash_; }

 private:
  std::uint64_t hash_ = 0xCBF29CE484222325U;
};

/// Covers all output of append_live_value(). Two different values collide once in 2^64 times.
std::uint64_t fingerprint_of(const Point& point) noexcept {
  Fingerprint print;
  if (const HistogramValue* const histogram = point.histogram) {
    print.add(histogram->count());
    print.add(histogram->zero_count());
    print.add(histogram->sum());
    print.add(histogram->min());
    print.add(histogram->max());
    for (const auto& bucket : histogram->buckets()) {
      print.add(static_cast<std::uint64_t>(bucket.index));
      print.add(bucket.count);
    }
  } else if (const WindowValue* const window = point.window) {
    print.add(window->total_count);
    for (const double value : window->sorted) print.add(value);
  } else {
    print.add(std::uint64_t{point.number.index()});
    std::visit([&](auto number) { print.add(std::bit_cast<std::uint64_t>(number)); }, point.number);
  }
  return print.get();
}

void append_number(std::uint64_t number, std::string& out) { out += std::to_string(number); }

/// Opens a list at its first item; a comma before the others.
class List final {
 public:
  List(std::string_view name, std::string& out) : name_(name), out_(out) {}
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() {
    if (open_) out_ += ']';
  }
  void next() {
    if (open_) {
      out_ += ',';
    } else {
      out_.append(",\"").append(name_).append("\":[");
    }
    open_ = true;
  }

 private:
  std::string_view name_;
  std::string& out_;
  bool open_ = false;
};

}  // namespace

std::size_t SeriesTable::series() const noexcept {
  return std::accumulate(
      families_.begin(), families_.end(), std::size_t{0},
      [](std::size_t sum, const auto& family) { return sum + family.second.series.size(); });
}

void SeriesTable::update(const Snapshot& snapshot, Seq seq) {
  if (first_known_ == 0) first_known_ = seq;
  for (const FamilySnapshot& family : snapshot.families) {
    if (subscription_.wants_family(family.descriptor().name)) update_family(family, seq);
  }
  for (auto family = families_.begin(); family != families_.end();) {
    // The family is missing in this Snapshot, or became another kind of metric.
    const FamilySnapshot* const now = snapshot.find(family->first);
    if (now == nullptr || now->descriptor().name != family->first) {
      for (const Series& series : family->second.series) lose(series, seq);
      family->second.series.clear();
    }
    family = family->second.series.empty() ? families_.erase(family) : std::next(family);
  }
  points_.clear();  // they point into the Snapshot
  forget_gone();
}

void SeriesTable::update_family(const FamilySnapshot& snapshot, Seq seq) {
  points_.clear();
  for (std::size_t i = 0; i < snapshot.size(); ++i) {
    const Point point = snapshot.point(i);
    if (subscription_.wants_series(point.labels)) points_.push_back(point);
  }
  const Descriptor& now = snapshot.descriptor();
  auto found = families_.find(now.name);
  // A metric recorded by name gets another kind, unit or help when somebody registers it.
  const auto is_as_told = [&now](const Family& family) {
    return family.kind == now.kind && family.unit == now.unit && family.help == now.help;
  };
  if (found != families_.end() && !is_as_told(found->second)) {
    for (const Series& series : found->second.series) lose(series, seq);
    families_.erase(found);
    found = families_.end();
  }
  if (found == families_.end()) {
    if (points_.empty()) return;
    Family family{next_family_++, seq, now.kind, now.unit, now.help, {}, {}};
    format::append_live_family(snapshot, family.id, family.head);
    found = families_.emplace(now.name, std::move(family)).first;
  }
  update_series(found->second, seq);
}

void SeriesTable::update_series(Family& family, Seq seq) {
  const auto stands_where_it_stood = [](const Series& series, const Point& point) {
    return series.labels == point.labels.text();
  };
  if (!std::equal(family.series.begin(), family.series.end(), points_.begin(), points_.end(),
                  stands_where_it_stood)) {
    reorder(family, seq);
  }
  for (std::size_t i = 0; i < points_.size(); ++i) {
    Series& series = family.series[i];
    const std::uint64_t fingerprint = fingerprint_of(points_[i]);
    if (fingerprint == series.fingerprint && series.appeared != seq) continue;
    series.fingerprint = fingerprint;
    series.changed = seq;
    series.value.clear();
    format::append_live_value(points_[i], series.value);
  }
}

void SeriesTable::reorder(Family& family, Seq seq) {
  std::unordered_map<std::string, Series> known;
  known.reserve(family.series.size());
  for (Series& series : family.series) {
    std::string labels = series.labels;
    known.emplace(std::move(labels), std::move(series));
  }
  family.series.clear();
  family.series.reserve(points_.size());
  for (const Point& point : points_) {
    auto node = known.extract(std::string(point.labels.text()));
    family.series.push_back(node.empty() ? make_series(point, seq) : std::move(node.mapped()));
  }
  for (const auto& left : known) lose(left.second, seq);
}

SeriesTable::Series SeriesTable::make_series(const Point& point, Seq seq) {
  Series series;
  series.id = next_series_++;
  series.appeared = seq;
  series.labels = point.labels.text();
  return series;
}

void SeriesTable::lose(const Series& series, Seq seq) { gone_.push_back({series.id, series.appeared, seq}); }

void SeriesTable::forget_gone() {
  while (gone_.size() > kMostGone) {
    first_known_ = std::max(first_known_, gone_.front().gone);
    gone_.pop_front();
  }
}

void SeriesTable::write_full(std::string& out) const {
  out += "\"families\":[";
  bool first_family = true;
  for (const auto& [name, family] : families_) {
    out.append(std::exchange(first_family, false) ? "{" : ",{").append(family.head).append(",\"series\":[");
    bool first = true;
    for (const Series& series : family.series) {
      out += std::exchange(first, false) ? "{\"id\":" : ",{\"id\":";
      append_number(series.id, out);
      out += ",\"labels\":";
      format::append_live_labels(LabelsView(series.labels), out);
      out.append(",\"v\":").append(series.value) += '}';
    }
    out += "]}";
  }
  out += ']';
}

SeriesTable::ValuesPlace SeriesTable::write_delta(Seq since, std::string& out) const {
  write_new_families(since, out);
  write_new_series(since, out);
  ValuesPlace place;
  place.begin = out.size();
  write_values(since, out);
  place.end = out.size();
  write_gone(since, out);
  return place;
}

void SeriesTable::write_new_families(Seq since, std::string& out) const {
  List list("families", out);
  for (const auto& [name, family] : families_) {
    if (family.appeared <= since) continue;
    list.next();
    out.append("{").append(family.head) += '}';
  }
}

void SeriesTable::write_new_series(Seq since, std::string& out) const {
  List list("series", out);
  for (const auto& [name, family] : families_) {
    for (const Series& series : family.series) {
      if (series.appeared <= since) continue;
      list.next();
      out += "{\"id\":";
      append_number(series.id, out);
      out += ",\"family\":";
      append_number(family.id, out);
      out += ",\"labels\":";
      format::append_live_labels(LabelsView(series.labels), out);
      out += '}';
    }
  }
}

void SeriesTable::write_values(Seq since, std::string& out) const {
  List list("values", out);
  for (const auto& [name, family] : families_) {
    for (const Series& series : family.series) {
      if (series.changed <= since) continue;
      list.next();
      out += '[';
      append_number(series.id, out);
      out.append(",").append(series.value) += ']';
    }
  }
}

void SeriesTable::write_gone(Seq since, std::string& out) const {
  List list("gone", out);
  for (const Gone& gone : gone_) {
    if (gone.gone <= since || gone.appeared > since) continue;
    list.next();
    append_number(gone.id, out);
  }
}

}  // namespace kymo::KYMO_ABI::live
