#include <kymo/live/system_history.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <kymo/base/duration.h>

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

}  // namespace

SystemHistory::SystemHistory(const base::Clock& clock, std::chrono::milliseconds interval, std::size_t points)
    : clock_(clock),
      interval_(std::max(base::bounded_wait(interval), std::chrono::milliseconds(1))),
      most_points_(points),
      due_(clock.steady_now() + interval_) {}

std::span<const std::string_view> SystemHistory::field_names() noexcept { return kHistoryFieldNames; }

SystemHistory::Figures SystemHistory::figures_of(std::span<const FamilySnapshot> families) {
  Figures figures;
  std::ranges::transform(kHistoryFields, figures.begin(),
                         [&](const HistoryField& field) { return value_of(field, families); });
  return figures;
}

void SystemHistory::add(std::span<const FamilySnapshot> families) {
  const auto now = clock_.steady_now();
  const Figures figures = figures_of(families);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kFields; ++i) {
    if (std::isnan(figures[i])) continue;
    sums_[i] += figures[i];
    ++counts_[i];
  }
  if (now < due_) return;
  // Stays on the grid, however late; missed periods have no points.
  due_ += interval_ * ((now - due_) / interval_ + 1);
  Figures means{};
  for (std::size_t i = 0; i < kFields; ++i) {
    means[i] = counts_[i] == 0 ? kNotMeasured : sums_[i] / static_cast<double>(counts_[i]);
  }
  sums_ = {};
  counts_ = {};
  points_.push_back({clock_.system_now(), now, means});
  if (points_.size() > most_points_) points_.pop_front();
}

std::vector<SystemHistory::Point> SystemHistory::last(std::chrono::seconds duration) const {
  const auto since = clock_.steady_now() - std::min<std::chrono::seconds>(duration, kMostAsked);
  const std::lock_guard lock(mutex_);
  const auto first = std::ranges::partition_point(points_, [&](const Point& p) { return p.taken <= since; });
  return {first, points_.end()};
}

}  // namespace kymo::KYMO_ABI::live
