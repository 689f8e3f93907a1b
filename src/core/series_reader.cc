#include "series_reader.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "cell_store.h"
#include "histogram_store.h"
#include "reset_base.h"
#include "series_extra.h"
#include "sum_growth.h"

namespace kymo::KYMO_ABI {

std::uint64_t difference(std::uint64_t now, std::uint64_t before, FamilySpec::Storage storage) noexcept {
  if (is_whole(storage)) return now - before;
  return std::bit_cast<std::uint64_t>(sum_growth(std::bit_cast<double>(now), std::bit_cast<double>(before)));
}

bool is_unset_gauge(const Series& series) noexcept {
  return cells::shared(series.cell)->load(std::memory_order_relaxed) == kUnsetGauge;
}

std::uint64_t read_number(const Series& series, FamilySpec::Storage storage) noexcept {
  const StorageTraits& traits = traits_of(storage);
  if (traits.cells == CellForm::shared_number) {
    const std::uint64_t bits = cells::shared(series.cell)->load(std::memory_order_relaxed);
    return bits == kUnsetGauge ? 0 : bits;
  }
  const std::uint64_t now = is_whole(storage) ? cells::sum(series.cell)
                                              : std::bit_cast<std::uint64_t>(cells::sum_double(series.cell));
  const ResetBase* base = traits.is_level ? nullptr : series.reset_base();
  return base == nullptr ? now : difference(now, base->number(), storage);
}

HistogramValue read_histogram(const Series& series, FamilySpec::Storage storage,
                              const HistogramValue::Bounds& bounds) {
  cells::HistogramReader reader(traits_of(storage).sum, bounds);
  const HistogramValue borrowing = read_histogram(series, reader);
  return HistogramValue(borrowing);  // a copy, unlike the bare name
}

HistogramValue read_histogram(const Series& series, cells::HistogramReader& reader) {
  HistogramValue value = reader.read(series.cell);
  if (const ResetBase* base = series.reset_base()) subtract(*base, reader, value);
  return value;
}

void subtract(const ResetBase& base, const cells::HistogramReader& reader, HistogramValue& value) {
  std::uint64_t nanoseconds = reader.nanoseconds();
  base.subtract_from(value, nanoseconds);
  if (reader.sum_form() == cells::SumForm::nanoseconds && value.count() != 0)
    value.set_sum(static_cast<double>(nanoseconds) / 1e9);
}

WindowValue read_recent(const Series& series, double sum, FamilySpec::Storage storage) {
  if (series.extra == nullptr || series.extra->window == nullptr) return {};
  const WindowRing& ring = *series.extra->window;
  std::vector<double> sorted = ring.sorted();
  if (traits_of(storage).sum == cells::SumForm::nanoseconds) {
    std::transform(sorted.begin(), sorted.end(), sorted.begin(), cells::nearest_seconds);
  }
  return {ring.count(), sum, std::move(sorted)};
}

WindowValue read_window(const Series& series, FamilySpec::Storage storage) {
  const double sum = is_histogram(storage) ? read_histogram(series, storage, nullptr).sum()
                                           : std::bit_cast<double>(read_number(series, storage));
  return read_recent(series, sum, storage);
}

void append_values(const Series& series, FamilySpec::Storage storage, const FamilySpec& spec,
                   const HistogramValue::Bounds& bounds, FamilyColumns& columns) {
  const StorageTraits& traits = traits_of(storage);
  if (is_histogram(storage)) {
    columns.histograms.push_back(read_histogram(series, storage, bounds));
    if (spec.recent != 0)
      columns.windows.push_back(read_recent(series, columns.histograms.back().sum(), storage));
  } else if (traits.kind == Kind::window) {
    columns.windows.push_back(read_window(series, storage));
  } else {
    columns.numbers.push_back(read_number(series, storage));
    if (traits.cells == CellForm::shared_number) columns.unset.push_back(is_unset_gauge(series));
    if (spec.statistics == GaugeTracking::on) columns.gauges.push_back(series.extra->gauge->read());
  }
  if (spec.exemplars == Exemplars::on) columns.exemplars.push_back(series.extra->exemplars->read());
}

std::uint64_t activity_of(const FamilyColumns& columns, std::size_t index) noexcept {
  if (!columns.gauges.empty()) return columns.gauges[index].count;
  if (!columns.histograms.empty()) return columns.histograms[index].count();
  if (!columns.windows.empty()) return columns.windows[index].total_count;
  return columns.numbers[index];
}

}  // namespace kymo::KYMO_ABI
