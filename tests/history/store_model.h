#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <kymo/core/snapshot.h>
#include <kymo/history/store.h>
#include <kymo/series/sample_visitor.h>
#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::history {

/// One sample, as a plain value.
struct PlainSample {
  std::int64_t time_ms = 0;
  std::uint64_t bits = 0;                           ///< of the value as a double
  std::int64_t started_ms = 0;                      ///< of the count; 0: none
  std::map<std::int32_t, std::uint64_t> buckets{};  ///< without empty ones
  std::vector<double> bounds{};

  friend bool operator==(const PlainSample&, const PlainSample&) = default;
};

/// By the text of the labels, with a mark for histograms.
using PlainSeries = std::map<std::string, std::vector<PlainSample>>;

inline std::string key_of(const series::LabelSet& labels, series::SampleForm form) {
  return labels.to_string() + (form == series::SampleForm::histogram ? " histogram" : "");
}

/// The expected content of a store, in the plainest way.
class StoreModel final : public series::SampleVisitor {
 public:
  void append(std::int64_t time_ms, const Snapshot& snapshot) {
    now_.clear();
    time_ms_ = time_ms;
    series::visit_samples(snapshot, series::HistogramForm::whole, *this);
    for (const auto& [key, sample] : last_) {
      if (!now_.contains(key)) series_[key].push_back({time_ms, series::kStaleBits, 0, {}, {}});
    }
    for (const auto& [key, sample] : now_) series_[key].push_back(sample);
    last_ = std::exchange(now_, {});
  }

  [[nodiscard]] const PlainSeries& all() const noexcept { return series_; }

  void number(const series::SampleSeries& series, double value) override {
    now_[key_of(series.label_set(), series::SampleForm::number)] = {
        time_ms_, std::bit_cast<std::uint64_t>(value), start_of(series), {}, {}};
  }
  void histogram(const series::SampleSeries& series, const HistogramValue& value) override {
    PlainSample sample{time_ms_, std::bit_cast<std::uint64_t>(value.sum()), start_of(series), {}, {}};
    sample.bounds.assign(value.bounds().begin(), value.bounds().end());
    const auto add = [&](std::int32_t index, std::uint64_t count) {
      if (count != 0) sample.buckets[index] = count;
    };
    std::int32_t index = 0;
    for (const std::uint64_t count : value.bound_counts()) add(index++, count);
    if (!value.has_bounds()) {
      add(series::kZeroBucket, value.zero_count());
      for (const HistogramBucket bucket : value.buckets()) add(bucket.index, bucket.count);
    }
    now_[key_of(series.label_set(), series::SampleForm::histogram)] = sample;
  }

 private:
  static std::int64_t start_of(const series::SampleSeries& series) {
    if (!series.is_cumulative) return 0;
    return std::chrono::duration_cast<std::chrono::milliseconds>(series.created.time_since_epoch()).count();
  }

  std::int64_t time_ms_ = 0;
  std::map<std::string, PlainSample> now_;
  std::map<std::string, PlainSample> last_;
  PlainSeries series_;
};

inline void append_chunk(const series::SeriesChunk& chunk, std::vector<PlainSample>& out) {
  std::int64_t started_ms = 0;
  std::size_t next = 0;
  for (std::size_t i = 0; i < chunk.times_ms.size(); ++i) {
    if (next < chunk.starts.size() && chunk.starts[next].sample == i)
      started_ms = chunk.starts[next++].time_ms;
    PlainSample sample{chunk.times_ms[i], std::bit_cast<std::uint64_t>(chunk.values[i]), started_ms, {}, {}};
    if (sample.bits == series::kStaleBits) sample.started_ms = 0;
    if (chunk.histogram != nullptr && sample.bits != series::kStaleBits) {
      sample.bounds.assign(chunk.histogram->bounds.begin(), chunk.histogram->bounds.end());
      for (std::size_t k = 0; k < chunk.histogram->buckets.size(); ++k) {
        const std::uint64_t count = chunk.histogram->counts[k][i];
        if (count != 0) sample.buckets[chunk.histogram->buckets[k]] = count;
      }
    }
    out.push_back(std::move(sample));
  }
}

inline std::vector<PlainSample> samples_of(series::SeriesScan& scan, const series::SeriesRef& series,
                                           series::TimeRange range = {}) {
  std::vector<PlainSample> samples;
  scan.open(series, range);
  while (const series::SeriesChunk* chunk = scan.next()) append_chunk(*chunk, samples);
  return samples;
}

/// Everything that a store has.
inline PlainSeries all_of(const series::SeriesReader& reader, series::TimeRange range = {}) {
  PlainSeries all;
  const auto scan = reader.scan();
  for (const series::SeriesRef& series : reader.find({}, range)) {
    std::vector<PlainSample> samples = samples_of(*scan, series, range);
    if (!samples.empty()) all[key_of(series->labels, series->form)] = std::move(samples);
  }
  return all;
}

}  // namespace kymo::KYMO_ABI::history
