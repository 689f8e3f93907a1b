#include <kymo/live/system_history.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <string>

#include <kymo/base/duration.h>
#include <kymo/series/matcher.h>

namespace kymo::KYMO_ABI::live {
namespace {

constexpr auto kMostAsked = std::chrono::floor<std::chrono::seconds>(base::kLongestWait);

struct HistoryField {
  std::string_view name;
  std::string_view family;
  double scale = 1;
};

constexpr std::array<HistoryField, SystemHistory::kFields> kHistoryFields = {
    {{"cpu_percent", "kymo_system_cpu_ratio", 100},
     {"memory_percent", "kymo_system_memory_used_ratio", 100},
     {"network_received_bytes_per_second", "kymo_system_network_receive_bytes_per_second"},
     {"network_sent_bytes_per_second", "kymo_system_network_transmit_bytes_per_second"},
     {"load_1m", "node_load1"},
     {"process_cpu_percent", "kymo_process_cpu_ratio", 100},
     {"process_resident_bytes", "process_resident_memory_bytes"}}};

constexpr auto kHistoryFieldNames = [] {
  std::array<std::string_view, SystemHistory::kFields> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kHistoryFields[i].name;
  return names;
}();

constexpr double kNotMeasured = std::numeric_limits<double>::quiet_NaN();

double value_of(const HistoryField& field, std::span<const FamilySnapshot> families) {
  const auto family = std::ranges::find_if(
      families, [&](const FamilySnapshot& one) { return one.descriptor().name == field.family; });
  if (family == families.end()) return kNotMeasured;
  const auto point = family->find();
  const double value = point ? to_double(point->number) * field.scale : kNotMeasured;
  return std::isfinite(value) ? value : kNotMeasured;
}

/// Sums of the ticks in a period.
struct Period {
  std::int64_t number = 0;  ///< it ends at `number` times the interval
  SystemHistory::Figures sums{};
  std::array<std::uint64_t, SystemHistory::kFields> counts{};

  void add(const Period& other) {
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] += other.sums[i];
      counts[i] += other.counts[i];
    }
  }
};

using Periods = std::map<std::int64_t, Period>;

constexpr std::int64_t period_of(std::int64_t time_ms, std::int64_t interval_ms) {
  return (time_ms + interval_ms - 1) / interval_ms;
}

void add_series(const series::SeriesReader& reader, std::size_t field, series::TimeRange range,
                std::int64_t interval_ms, Periods& periods) {
  const std::array matchers = {
      series::Matcher::equal(std::string(series::kNameLabel), std::string(kHistoryFields[field].family))};
  const auto scan = reader.scan();
  for (const series::SeriesRef& series : reader.find(matchers, range)) {
    // Of a family with labels none stands for the whole host.
    const bool has_labels = std::ranges::distance(series->labels) > 1;
    if (has_labels || series->form != series::SampleForm::number) continue;
    scan->open(series, range);
    while (const series::SeriesChunk* chunk = scan->next()) {
      for (std::size_t i = 0; i < chunk->times_ms.size(); ++i) {
        if (!std::isfinite(chunk->values[i])) continue;
        Period& period = periods[period_of(chunk->times_ms[i], interval_ms)];
        period.sums[field] += chunk->values[i] * kHistoryFields[field].scale;
        ++period.counts[field];
      }
    }
  }
}

Periods taken_in_twos(const Periods& periods) {
  Periods result;
  for (const auto& [number, period] : periods) result[period_of(number, 2)].add(period);
  return result;
}

}  // namespace

SystemHistory::SystemHistory(const series::SeriesReader* reader, const base::Clock& clock,
                             std::chrono::milliseconds interval)
    : reader_(reader),
      clock_(clock),
      interval_(std::max(base::bounded_wait(interval), std::chrono::milliseconds(1))) {}

std::span<const std::string_view> SystemHistory::field_names() noexcept { return kHistoryFieldNames; }

SystemHistory::Figures SystemHistory::figures_of(std::span<const FamilySnapshot> families) {
  Figures figures;
  std::ranges::transform(kHistoryFields, figures.begin(),
                         [&](const HistoryField& field) { return value_of(field, families); });
  return figures;
}

SystemHistory::Points SystemHistory::last(std::chrono::seconds duration) const {
  using std::chrono::milliseconds;
  const auto now_ms = std::chrono::floor<milliseconds>(clock_.system_now().time_since_epoch()).count();
  const auto since_ms = std::max<std::int64_t>(
      now_ms - milliseconds(std::min<std::chrono::seconds>(duration, kMostAsked)).count(), 0);
  std::int64_t interval_ms = interval_.count();
  Periods periods;
  if (reader_ != nullptr) {
    // A period is left-open, and shown once it is over.
    const series::TimeRange range{.from_ms = since_ms / interval_ms * interval_ms + 1,
                                  .to_ms = now_ms / interval_ms * interval_ms};
    for (std::size_t i = 0; i < kFields; ++i) add_series(*reader_, i, range, interval_ms, periods);
  }
  while (periods.size() > kMostPoints) {
    periods = taken_in_twos(periods);
    interval_ms *= 2;
  }
  Points result{.interval = milliseconds(interval_ms), .points = {}};
  for (const auto& [number, period] : periods) {
    const std::int64_t end_ms = number * interval_ms;
    if (end_ms <= since_ms || end_ms > now_ms) continue;
    Point& point = result.points.emplace_back();
    point.time = std::chrono::system_clock::time_point(milliseconds(end_ms));
    for (std::size_t i = 0; i < kFields; ++i) {
      point.figures[i] =
          period.counts[i] == 0 ? kNotMeasured : period.sums[i] / static_cast<double>(period.counts[i]);
    }
  }
  return result;
}

}  // namespace kymo::KYMO_ABI::live
