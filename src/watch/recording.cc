#include <kymo/watch/recording.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace kymo::KYMO_ABI::watch {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

void keep_every_other(std::vector<double>& column) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < column.size(); i += 2) column[kept++] = column[i];
  column.resize(kept);
}

}  // namespace

Recording::Recording() {
  for (Running& running : running_) running.totals = {kNothing, kNothing, kNothing, kNothing, 0};
}

void Recording::add(const Sample& sample) {
  const bool is_kept = readings_ % keep_every_ == 0;
  ++readings_;
  duration_ = sample.at;
  for (std::size_t i = 0; i < kMetrics; ++i) {
    const double value = sample.values[i];
    if (is_kept) columns_[i].push_back(value);
    if (std::isnan(value)) continue;
    Running& running = running_[i];
    Totals& totals = running.totals;
    totals.least = std::fmin(totals.least, value);
    totals.most = std::fmax(totals.most, value);
    totals.last = value;
    ++totals.readings;
    running.weighted += value * sample.seconds;
    running.weights += sample.seconds;
    // Sums are rounded: keep the average of a constant from falling below its minimum.
    const double average = running.weights > 0 ? running.weighted / running.weights : value;
    totals.average = std::clamp(average, totals.least, totals.most);
  }
  if (!is_kept) return;
  times_.push_back(sample.at);
  if (times_.size() >= kMostKept) thin_out();
}

void Recording::thin_out() {
  keep_every_other(times_);
  for (std::vector<double>& column : columns_) keep_every_other(column);
  keep_every_ *= 2;
}

Totals Recording::totals(Metric metric) const { return running_[index_of(metric)].totals; }

}  // namespace kymo::KYMO_ABI::watch
