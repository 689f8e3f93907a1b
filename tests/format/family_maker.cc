#include "tests/format/family_maker.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include <kymo/core/names.h>
#include <kymo/core/registry.h>

#include "series.h"

namespace kymo::KYMO_ABI::format {

std::chrono::system_clock::time_point test_time() {
  using namespace std::chrono;
  return sys_days(year(2025) / November / 28) + 10h + 30min + 123ms;
}

HistogramValue histogram_of(std::initializer_list<double> values, std::vector<double> bounds) {
  Registry registry;
  Histogram histogram = registry.histogram("values", "For a test.", {.bounds = std::move(bounds)});
  for (const double value : values) histogram.record(value);
  return histogram.value();
}

WindowValue window_of(std::vector<double> values) {
  WindowValue window;
  window.total_count = values.size();
  for (const double value : values) window.total_sum += value;
  window.sorted = std::move(values);
  std::sort(window.sorted.begin(), window.sorted.end());
  return window;
}

FamilyMaker::FamilyMaker(Kind kind, std::string_view name, std::string_view help, std::string_view unit) {
  columns_.descriptor = std::make_shared<const Descriptor>(make_descriptor(kind, name, help, unit));
}

FamilyMaker& FamilyMaker::text_bounds(std::vector<double> bounds) {
  columns_.text_bounds = std::make_shared<const std::vector<double>>(std::move(bounds));
  return *this;
}

FamilyMaker& FamilyMaker::created(std::chrono::system_clock::time_point time) {
  created_ = time;
  return *this;
}

void FamilyMaker::add_series(std::initializer_list<Label> labels) {
  std::string text;
  render_labels(Labels(labels.begin(), labels.size()), std::numeric_limits<std::size_t>::max(), text);
  series_.emplace_back(Series::create(text, created_));
}

void FamilyMaker::add_number(std::initializer_list<Label> labels, FamilyColumns::NumberType type,
                             std::uint64_t bits) {
  add_series(labels);
  columns_.number_type = type;
  columns_.numbers.push_back(bits);
}

FamilyMaker& FamilyMaker::count(std::initializer_list<Label> labels, std::uint64_t number) {
  add_number(labels, FamilyColumns::NumberType::unsigned_integer, number);
  return *this;
}

FamilyMaker& FamilyMaker::whole(std::initializer_list<Label> labels, std::int64_t number) {
  add_number(labels, FamilyColumns::NumberType::signed_integer, static_cast<std::uint64_t>(number));
  return *this;
}

FamilyMaker& FamilyMaker::number(std::initializer_list<Label> labels, double number) {
  add_number(labels, FamilyColumns::NumberType::floating, std::bit_cast<std::uint64_t>(number));
  return *this;
}

FamilyMaker& FamilyMaker::gauge(std::initializer_list<Label> labels, double number,
                                const GaugeStatistics& statistics) {
  columns_.gauges.push_back(statistics);
  columns_.unset.push_back(statistics.count == 0 && number == 0);
  return this->number(labels, number);
}

FamilyMaker& FamilyMaker::histogram(std::initializer_list<Label> labels, HistogramValue value) {
  add_series(labels);
  columns_.histograms.push_back(std::move(value));
  return *this;
}

FamilyMaker& FamilyMaker::window(std::initializer_list<Label> labels, WindowValue value) {
  add_series(labels);
  columns_.windows.push_back(std::move(value));
  return *this;
}

FamilyMaker& FamilyMaker::timing(std::initializer_list<Label> labels, HistogramValue value,
                                 WindowValue recent) {
  columns_.windows.push_back(std::move(recent));
  return histogram(labels, std::move(value));
}

FamilyMaker& FamilyMaker::exemplars(std::vector<Exemplar> exemplars) {
  columns_.exemplars.resize(series_.size());
  columns_.exemplars.back() = std::move(exemplars);
  return *this;
}

FamilySnapshot FamilyMaker::make() {
  if (!columns_.exemplars.empty()) columns_.exemplars.resize(series_.size());
  columns_.series = std::make_shared<const std::vector<SeriesPtr>>(std::move(series_));
  return FamilySnapshot(std::move(columns_));
}

Snapshot snapshot_of(std::vector<FamilySnapshot> families) {
  using namespace std::chrono_literals;
  return {test_time(), 1h + 500ms, std::move(families)};
}

}  // namespace kymo::KYMO_ABI::format
