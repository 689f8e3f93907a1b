#include "history_data.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <utility>

namespace kymo::KYMO_ABI::bench {
namespace {

using Random = std::mt19937_64;
using history::ColumnKind;

constexpr std::int64_t kBeginMs = 1'790'000'000'000;
constexpr std::int64_t kTickMs = 1000;
constexpr std::int64_t kJitterMs = 10;
constexpr std::size_t kSeriesInBlock = 64;
const std::vector<double> kBounds = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
constexpr std::size_t kSamplesOfHistogram = 14;  // 12 buckets, sum and count

double uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution(low, high)(random);
}
bool chance(Random& random, double share) { return uniform(random, 0, 1) < share; }
/// From low to high, each power of ten as often as any other.
double spread(Random& random, double low, double high) {
  return std::exp(uniform(random, std::log(low), std::log(high)));
}
std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

}  // namespace

class SimulatedSeries {
 public:
  SimulatedSeries() = default;
  SimulatedSeries(const SimulatedSeries&) = delete;
  SimulatedSeries& operator=(const SimulatedSeries&) = delete;
  virtual ~SimulatedSeries() = default;

  [[nodiscard]] virtual std::size_t samples() const { return 1; }
  /// The columns of a window that begins, without ticks.
  [[nodiscard]] virtual history::SeriesColumns begin() const = 0;
  /// Moves on by one tick, and appends the values.
  virtual void step(Random& random, history::SeriesColumns& to) = 0;
  virtual void reset() {}

  std::uint32_t id = 0;
  std::size_t first_tick = 0;
  std::size_t end_tick = ~std::size_t{0};
  std::size_t reset_tick = ~std::size_t{0};
};

namespace {

/// A number that a function moves on.
class SimulatedNumber final : public SimulatedSeries {
 public:
  using Step = std::function<std::uint64_t(Random&)>;
  SimulatedNumber(
      ColumnKind kind, Step step, std::function<void()> reset = [] {})
      : kind_(kind), step_(std::move(step)), reset_(std::move(reset)) {}

  [[nodiscard]] history::SeriesColumns begin() const override {
    return {.series = id, .values = {.kind = kind_}};
  }
  void step(Random& random, history::SeriesColumns& to) override { to.values.bits.push_back(step_(random)); }
  void reset() override { reset_(); }

 private:
  ColumnKind kind_;
  Step step_;
  std::function<void()> reset_;
};

class SimulatedHistogram final : public SimulatedSeries {
 public:
  explicit SimulatedHistogram(Random& random)
      : events_(spread(random, 0.1, 100)),
        latency_(std::log(spread(random, 0.002, 0.5)), uniform(random, 0.3, 0.9)) {}

  [[nodiscard]] std::size_t samples() const override { return kSamplesOfHistogram; }
  [[nodiscard]] history::SeriesColumns begin() const override {
    history::SeriesColumns columns{.series = id};
    auto& histogram = columns.histogram.emplace();
    histogram.bounds = kBounds;
    histogram.counts.resize(counts_.size());
    for (std::size_t i = 0; i < counts_.size(); ++i)
      histogram.buckets.push_back(static_cast<std::int32_t>(i));
    return columns;
  }
  void step(Random& random, history::SeriesColumns& to) override {
    for (int left = events_(random); left > 0; --left) {
      const double seconds = latency_(random);
      sum_ += seconds;
      ++counts_[static_cast<std::size_t>(std::ranges::lower_bound(kBounds, seconds) - kBounds.begin())];
    }
    to.values.bits.push_back(bits_of(sum_));
    for (std::size_t i = 0; i < counts_.size(); ++i) to.histogram->counts[i].push_back(counts_[i]);
  }
  void reset() override {
    sum_ = 0;
    std::ranges::fill(counts_, 0);
  }

 private:
  std::poisson_distribution<int> events_;
  std::lognormal_distribution<double> latency_;
  double sum_ = 0;
  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(kBounds.size() + 1);
};

std::unique_ptr<SimulatedSeries> counter(Random& random) {
  auto value = std::make_shared<std::uint64_t>(static_cast<std::uint64_t>(spread(random, 1, 1e9)));
  const auto of = [&](SimulatedNumber::Step step) {
    return std::make_unique<SimulatedNumber>(ColumnKind::integer, std::move(step), [value] { *value = 0; });
  };
  const double which = uniform(random, 0, 1);
  if (which < 0.48) return of([value](Random&) { return *value; });  // of errors, or of a part that is idle
  if (which < 0.67) {
    const double share = spread(random, 0.003, 0.1);
    return of([value, share](Random& r) { return *value += chance(r, share) ? 1 : 0; });
  }
  if (which < 0.89) {
    std::poisson_distribution<std::uint64_t> events(spread(random, 0.3, 200));
    return of([value, events](Random& r) mutable { return *value += events(r); });
  }
  std::normal_distribution<double> bytes(1, 0.2);
  const double rate = spread(random, 1e3, 1e7);
  return of([=](Random& r) mutable {
    return *value += static_cast<std::uint64_t>(std::max(0.0, rate * bytes(r)));
  });
}

std::unique_ptr<SimulatedSeries> gauge(Random& random) {
  const auto of = [](auto step) {
    return std::make_unique<SimulatedNumber>(ColumnKind::real, std::move(step));
  };
  const double which = uniform(random, 0, 1);
  const double level = std::floor(spread(random, 1, 1e6));
  if (which < 0.55) return of([level](Random&) { return bits_of(level); });  // limits, versions, sizes
  if (which < 0.72) {                                                        // connections, threads, a queue
    std::uniform_int_distribution<int> step(-2, 2);
    const double share = spread(random, 0.05, 1);
    return of([at = level, step, share](Random& r) mutable {
      return bits_of(at = std::max(0.0, at + (chance(r, share) ? step(r) : 0)));
    });
  }
  if (which < 0.84) {  // memory, by pages
    std::normal_distribution<double> pages(0, spread(random, 1, 300));
    const double share = spread(random, 0.05, 1);
    return of([at = 4096 * level, pages, share](Random& r) mutable {
      return bits_of(at = std::max(0.0, at + (chance(r, share) ? 4096 * std::round(pages(r)) : 0)));
    });
  }
  std::normal_distribution<double> jitter(0,
                                          spread(random, 0.5, 30));  // percent, degrees, a load: two digits
  const double around = spread(random, 1, 1000);
  return of(
      [around, jitter](Random& r) mutable { return bits_of(std::round((around + jitter(r)) * 100) / 100); });
}

std::unique_ptr<SimulatedSeries> ratio(Random& random) {
  std::lognormal_distribution<double> value(std::log(spread(random, 1e-3, 1e3)), uniform(random, 0.05, 0.5));
  return std::make_unique<SimulatedNumber>(ColumnKind::real,
                                           [value](Random& r) mutable { return bits_of(value(r)); });
}

}  // namespace

HistoryData::HistoryData(const HistoryShape& shape) : shape_(shape), random_(shape.seed) {
  const std::size_t histograms = shape.series / 3 / kSamplesOfHistogram;
  const std::size_t ratios = shape.series * 7 / 100 - histograms;
  const std::size_t numbers = shape.series - histograms * kSamplesOfHistogram;
  for (std::size_t i = 0; i < histograms; ++i)
    series_.push_back(std::make_unique<SimulatedHistogram>(random_));
  for (std::size_t i = 0; i < numbers; ++i)
    series_.push_back(i < ratios ? ratio(random_) : i % 2 == 0 ? counter(random_) : gauge(random_));
  // Families lie next to each other in a registry, but not all of one kind.
  std::shuffle(series_.begin(), series_.end(), random_);
  const auto some_tick = [&] {
    return static_cast<std::size_t>(uniform(random_, 0, static_cast<double>(shape.ticks)));
  };
  for (std::uint32_t id = 0; id < series_.size(); ++id) {
    SimulatedSeries& series = *series_[id];
    series.id = id + 1;
    if (chance(random_, 0.02)) series.reset_tick = some_tick();
    if (chance(random_, 0.02)) series.first_tick = some_tick();
    if (chance(random_, 0.02)) series.end_tick = some_tick();
  }
}

HistoryData::~HistoryData() = default;

std::vector<history::BlockColumns> HistoryData::next_blocks(std::size_t ticks) {
  ticks = std::min(ticks, shape_.ticks - tick_);
  if (ticks == 0) return {};
  std::vector<std::int64_t> times;
  std::uniform_int_distribution<std::int64_t> jitter(-kJitterMs, kJitterMs);
  for (std::size_t i = 0; i < ticks; ++i)
    times.push_back(kBeginMs + static_cast<std::int64_t>(tick_ + i) * kTickMs + jitter(random_));
  std::vector<history::BlockColumns> blocks;
  for (const auto& series : series_) {
    if (blocks.empty() || blocks.back().series.size() == kSeriesInBlock)
      blocks.push_back({.times_ms = times});
    history::SeriesColumns columns = series->begin();
    std::vector<std::uint64_t> present((ticks + 63) / 64);
    std::size_t samples = 0;
    for (std::size_t i = 0; i < ticks; ++i) {
      const std::size_t tick = tick_ + i;
      if (tick == series->end_tick && tick > series->first_tick)
        columns.stale.push_back(static_cast<std::uint32_t>(i));
      if (tick < series->first_tick || tick >= series->end_tick) continue;
      const bool is_reset = tick == series->reset_tick;
      if (is_reset) series->reset();
      if (is_reset || tick == series->first_tick)
        columns.created.push_back({static_cast<std::uint32_t>(samples), times[i] - 1});
      series->step(random_, columns);
      present[i / 64] |= std::uint64_t{1} << (i % 64);
      ++samples;
    }
    if (samples < ticks) columns.present = std::move(present);
    if (samples > 0 || !columns.stale.empty()) blocks.back().series.push_back(std::move(columns));
  }
  tick_ += ticks;
  return blocks;
}

std::size_t values_in(const history::BlockColumns& block) {
  std::size_t values = 0;
  for (const history::SeriesColumns& series : block.series)
    values += series.values.bits.size() * (series.histogram ? series.histogram->counts.size() + 1 : 1);
  return values;
}

std::size_t samples_in(const history::BlockColumns& block) {
  std::size_t samples = values_in(block);
  for (const history::SeriesColumns& series : block.series)
    if (series.histogram) samples += series.values.bits.size();
  return samples;
}

}  // namespace kymo::KYMO_ABI::bench
