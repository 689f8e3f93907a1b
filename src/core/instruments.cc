#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <kymo/core/counter.h>
#include <kymo/core/detail/series_handle.h>
#include <kymo/core/family_options.h>
#include <kymo/core/gauge.h>
#include <kymo/core/histogram.h>
#include <kymo/core/histogram_value.h>
#include <kymo/core/labels.h>
#include <kymo/core/snapshot.h>
#include <kymo/core/timing.h>
#include <kymo/core/window.h>

#include "cell_store.h"
#include "family_core.h"
#include "guarded.h"
#include "series.h"
#include "series_extra.h"
#include "series_reader.h"

// The members of instruments that need no inlining.
namespace kymo::KYMO_ABI {
namespace {

void offer_exemplar(const SeriesHandle& handle, double value, std::initializer_list<Label> labels) noexcept {
  const Series* series = handle.get();
  if (series == nullptr || series->extra == nullptr || series->extra->exemplars == nullptr) return;
  series->extra->exemplars->offer(value, Labels(labels.begin(), labels.size()),
                                  std::chrono::system_clock::now());
}

using Storage = FamilySpec::Storage;

std::uint64_t number_of(const SeriesHandle& handle, Storage storage) noexcept {
  return handle.get() == nullptr ? 0 : read_number(*handle.get(), storage);
}

bool refuse_not_finite(double value) noexcept {
  if (std::isnan(value)) {
    cells::refuse(cells::Refusal::not_a_number);
  } else if (std::isinf(value)) {
    cells::refuse(cells::Refusal::infinite);
  }
  return !std::isfinite(value);
}

}  // namespace

void SeriesHandle::retain() noexcept {
  if (series_ != nullptr) series_->retain_handle();
}

void SeriesHandle::release() noexcept { series_->release_handle(); }

void Counter::add_with_exemplar(std::uint64_t n, std::initializer_list<Label> labels) noexcept {
  if (!is_recording()) return;
  add_unsigned(n);
  offer_exemplar(handle_, static_cast<double>(n), labels);
}

std::uint64_t Counter::value() const noexcept { return number_of(handle_, Storage::whole); }

std::uint64_t Counter::value_since_start() const noexcept {
  return handle_.get() == nullptr ? 0 : cells::sum(cell_);
}

double DoubleCounter::value() const noexcept {
  return std::bit_cast<double>(number_of(handle_, Storage::floating));
}

void DoubleCounter::refuse(double amount) noexcept {
  if (!refuse_not_finite(amount)) cells::refuse(cells::Refusal::negative);
}

std::int64_t UpDownCounter::value() const noexcept {
  return static_cast<std::int64_t>(number_of(handle_, Storage::signed_whole));
}

void Gauge::add(double amount) noexcept {
  if (!is_recording() || cell_ == nullptr) return;
  if (std::isnan(amount)) return refuse_nan();
  std::uint64_t seen = cell_->load(std::memory_order_relaxed);
  double sum = 0;
  do {
    const auto before = std::bit_cast<double>(seen);
    sum = (std::isnan(before) ? 0 : before) + amount;                         // NaN: no value yet
    if (std::isnan(sum)) return cells::refuse(cells::Refusal::not_a_number);  // infinity minus infinity
  } while (!cell_->compare_exchange_weak(seen, std::bit_cast<std::uint64_t>(sum), std::memory_order_relaxed));
  if (track_ != nullptr) track_->note(sum);
}

double Gauge::value() const noexcept { return std::bit_cast<double>(number_of(handle_, Storage::gauge)); }

GaugeStatistics Gauge::statistics() const noexcept {
  return track_ == nullptr ? GaugeStatistics() : track_->read();
}

void Gauge::set_slowly(double value) noexcept {
  if (cell_ == nullptr) return;
  if (std::isnan(value)) return refuse_nan();
  cell_->store(std::bit_cast<std::uint64_t>(value), std::memory_order_relaxed);
  if (track_ != nullptr) track_->note(value);
}

// Readers must see a NaN, and not a 0 that nobody set.
void Gauge::refuse_nan() noexcept {
  cells::refuse(cells::Refusal::not_a_number);
  std::uint64_t unset = kUnsetGauge;
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  cell_->compare_exchange_strong(unset, std::bit_cast<std::uint64_t>(kNan), std::memory_order_relaxed);
}

void Histogram::record_with_exemplar(double value, std::initializer_list<Label> labels) noexcept {
  record(value);
  // An exemplar must stand for a counted value.
  const bool is_counted = std::isfinite(value) && (value >= 0 || takes_negative_);
  if (is_recording() && is_counted) offer_exemplar(handle_, value, labels);
}

HistogramValue Histogram::value() const {
  const Series* series = handle_.get();
  if (series == nullptr) return {};
  const HistogramValue::Bounds bounds = series->extra == nullptr ? nullptr : series->extra->bounds;
  return read_histogram(*series, Storage::histogram, bounds);
}

void Timing::record_seconds(double seconds) noexcept {
  if (!is_recording() || refuse_not_finite(seconds)) return;
  constexpr double kMostNanoseconds = 9.2e18;
  // Rounds to the nearest: 65 µs as seconds, times 1e9, is a little less than 65000.
  record_ns(seconds < 0 ? -1 : static_cast<std::int64_t>(std::min(seconds * 1e9 + 0.5, kMostNanoseconds)));
}

void Timing::record_recent(double seconds) noexcept { recent_->record(seconds); }

Timing Timing::failed() const noexcept {
  Timing found = *this;
  const Series* series = handle_.get();
  if (series == nullptr || series->extra == nullptr) return found;
  guarded([&] {
    const auto family = series->extra->family.lock();
    if (family == nullptr) return;
    std::vector<LabelsView::Entry> own;
    for (LabelsView::Entry label : series->labels()) {
      if (label.key != "error") own.push_back(std::move(label));
    }
    std::vector<Label> labels = {{"error", "true"}};
    for (const LabelsView::Entry& label : own) labels.emplace_back(label.key, label.value);
    SeriesParts parts = family->resolve(labels);
    if (parts.handle.get() != nullptr) found = Timing(parts);
  });
  return found;
}

HistogramValue Timing::value() const {
  return handle_.get() == nullptr ? HistogramValue()
                                  : read_histogram(*handle_.get(), Storage::timing, nullptr);
}

WindowValue Timing::recent() const {
  return handle_.get() == nullptr ? WindowValue() : read_window(*handle_.get(), Storage::timing);
}

void Window::record(double value) noexcept {
  if (!is_recording() || ring_ == nullptr || refuse_not_finite(value)) return;
  cells::add_double(cell_, value);
  ring_->record(value);
}

WindowValue Window::value() const {
  return handle_.get() == nullptr ? WindowValue() : read_window(*handle_.get(), Storage::window);
}

}  // namespace kymo::KYMO_ABI
