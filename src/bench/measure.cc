#include <kymo/bench/measure.h>

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <utility>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace kymo::KYMO_ABI::bench {

double thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

std::uint64_t cycles() {
#if defined(__x86_64__)
  unsigned cpu = 0;
  return __rdtscp(&cpu);
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

double ns_per_cycle() {
  static const double ratio = [] {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    const std::uint64_t first = cycles();
    while (Clock::now() - begin < std::chrono::milliseconds(50)) {
    }
    const std::uint64_t last = cycles();
    const std::chrono::duration<double, std::nano> elapsed = Clock::now() - begin;
    return elapsed.count() / static_cast<double>(last - first);
  }();
  return ratio;
}

std::vector<std::uint64_t> Overlap::others(unsigned self) const {
  std::vector<std::uint64_t> parts;
  for (unsigned t = 0; t < progress_.size(); ++t)
    if (t != self) parts.push_back(progress_[t].parts.load(std::memory_order_relaxed));
  return parts;
}

bool Overlap::end_part(unsigned self, const std::vector<std::uint64_t>& before) {
  progress_[self].parts.fetch_add(1, std::memory_order_relaxed);
  return std::ranges::equal(others(self), before, std::ranges::greater());
}

double median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return std::isnan(value); });  // failed turns
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::vector<std::vector<double>> turns_of(const Effort& effort, const std::vector<Contender>& contenders,
                                          const std::vector<Contender>& seldom) {
  std::vector<std::vector<double>> taken(contenders.size() + seldom.size());
  const auto turn = [&](const std::vector<Contender>& those, std::size_t first) {
    for (std::size_t i = 0; i < those.size(); ++i) taken[first + i].push_back(those[i]());
  };
  if (!effort.smoke) {
    for (const auto* those : {&contenders, &seldom})
      for (const Contender& contender : *those) contender();
  }
  for (int i = 0; i < effort.turns; ++i) {
    for (int often = seldom.empty() ? kOften - 1 : 0; often < kOften; ++often) turn(contenders, 0);
    turn(seldom, contenders.size());
  }
  return taken;
}

double median_ratio(const std::vector<double>& one, const std::vector<double>& other) {
  std::vector<double> ratios;
  std::ranges::transform(one, other, std::back_inserter(ratios), std::divides());
  return median(std::move(ratios));
}

std::vector<double> medians(const Effort& effort, const std::vector<Contender>& contenders) {
  std::vector<double> result;
  for (auto& values : turns_of(effort, contenders)) result.push_back(median(std::move(values)));
  return result;
}

}  // namespace kymo::KYMO_ABI::bench
