#include <kymo/query/script_store.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "eval_series.h"
#include "histogram_math.h"
#include "script_series.h"

namespace kymo::KYMO_ABI::query {
namespace {

constexpr std::size_t kMostSamples = 1'000'000;

/// The mark of a series' end. Volatile, because a constant would become a quiet NaN.
double stale_number() noexcept {
  const volatile std::uint64_t bits = series::kStaleBits;
  return std::bit_cast<double>(std::uint64_t{bits});
}

std::vector<series::FloatBucket> buckets_of(const std::vector<double>& counts, std::int64_t offset) {
  std::vector<series::FloatBucket> buckets;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) {
      buckets.push_back({static_cast<std::int32_t>(offset + static_cast<std::int64_t>(i)), counts[i]});
    }
  }
  return buckets;
}

series::FloatHistogram histogram_of(const ScriptHistogram& script) {
  series::FloatHistogram made;
  made.hint = script.reset_hint.value_or(series::ResetHint::unknown);
  made.schema = static_cast<std::int32_t>(script.schema);
  made.zero_threshold = script.zero_width;
  made.zero_count = script.zero_count;
  made.count = script.count;
  made.sum = script.sum;
  made.positive = buckets_of(script.buckets, script.offset);
  made.negative = buckets_of(script.negative_buckets, script.negative_offset);
  if (!script.custom_values.empty()) {
    made.bounds = std::make_shared<const std::vector<double>>(script.custom_values);
  }
  return made;
}

void append_histograms(const ScriptSamples& item, std::size_t line, std::vector<ScriptValue>& values) {
  series::FloatHistogram current = histogram_of(item.histogram);
  const bool has_hint = item.histogram.reset_hint.has_value();
  std::optional<series::FloatHistogram> step;
  if (item.histogram_step) step = histogram_of(*item.histogram_step);
  for (std::uint64_t i = 0; i < item.count; ++i) {
    values.push_back({std::nullopt, std::make_shared<const series::FloatHistogram>(current), has_hint});
    if (!step) continue;
    const HistogramOutcome outcome = item.is_subtracted ? subtract(current, *step) : add(current, *step);
    if (!outcome.is_compatible) throw_script_error(line, "histograms of a series that do not fit each other");
    compact(current);
  }
}

/// The hint that a store gives to a histogram behind another one.
series::ResetHint stored_hint(const series::FloatHistogram& now, const series::FloatHistogram* before) {
  using series::ResetHint;
  if (now.hint != ResetHint::unknown && now.hint != ResetHint::not_reset) return now.hint;
  if (before == nullptr || before->hint == ResetHint::gauge) return ResetHint::unknown;
  const bool has_same_layout = now.schema == before->schema && now.zero_threshold == before->zero_threshold &&
                               have_same_bounds(now, *before);
  series::FloatHistogram plain = now;
  plain.hint = ResetHint::unknown;
  return has_same_layout && !is_reset(plain, *before) ? ResetHint::not_reset : ResetHint::unknown;
}

/// The base name of a classic histogram's series, and which part of it the series is.
struct ClassicName {
  enum class Part : std::uint8_t { none, bucket, sum, count };
  Part part = Part::none;
  std::string_view base;
};

ClassicName classic_name(std::string_view name) {
  using enum ClassicName::Part;
  for (const auto& [ending, part] : {std::pair<std::string_view, ClassicName::Part>{"_bucket", bucket},
                                     {"_sum", sum},
                                     {"_count", count}}) {
    if (name.ends_with(ending)) return {part, name.substr(0, name.size() - ending.size())};
  }
  return {};
}

/// A classic histogram at one time.
struct ClassicSample {
  std::map<double, double> buckets;
  std::optional<double> count;
  double sum = 0;

  /// As a native histogram with custom bounds.
  [[nodiscard]] series::FloatHistogram native() const {
    series::FloatHistogram made;
    made.schema = series::FloatHistogram::kCustomSchema;
    made.sum = sum;
    made.count = count.value_or(buckets.empty() ? 0 : buckets.rbegin()->second);
    std::vector<double> bounds;
    double before = 0;
    for (const auto& [upper, cumulative] : buckets) {
      if (std::isinf(upper)) continue;
      const auto index = static_cast<std::int32_t>(bounds.size());
      if (cumulative != before) made.positive.push_back({index, cumulative - before});
      before = cumulative;
      bounds.push_back(upper);
    }
    const auto last = static_cast<std::int32_t>(bounds.size());
    if (made.count != before) made.positive.push_back({last, made.count - before});
    if (!bounds.empty()) made.bounds = std::make_shared<const std::vector<double>>(std::move(bounds));
    return made;
  }
};

}  // namespace

std::vector<ScriptValue> values_of(const ScriptSeries& series, std::size_t most) {
  std::vector<ScriptValue> values;
  for (const ScriptSamples& item : series.samples) {
    if (item.count > most || values.size() > most - item.count) {
      throw_script_error(series.line, "more than " + std::to_string(most) + " samples in a line");
    }
    switch (item.kind) {
      case ScriptSamples::Kind::omitted: values.resize(values.size() + item.count); break;
      case ScriptSamples::Kind::stale:
        values.insert(values.end(), item.count, ScriptValue{kAbsent, nullptr, false});
        break;
      case ScriptSamples::Kind::number: {
        double value = item.value;
        for (std::uint64_t i = 0; i < item.count; ++i, value += item.step) {
          values.push_back({value, nullptr, false});
        }
        break;
      }
      case ScriptSamples::Kind::histogram: append_histograms(item, series.line, values); break;
    }
  }
  return values;
}

struct ScriptStore::Sample {
  std::int64_t time_ms = 0;
  double number = kAbsent;
  series::FloatHistogramRef histogram;
  std::int64_t start_ms = 0;
};

struct ScriptStore::Stored final : series::StoredSeries {
  std::vector<Sample> samples;

  /// False: the series has a later sample.
  bool append(Sample sample) {
    if (!samples.empty() && samples.back().time_ms >= sample.time_ms) return false;
    if (sample.histogram != nullptr) {
      const auto* const before = samples.empty() ? nullptr : samples.back().histogram.get();
      auto kept = std::make_shared<series::FloatHistogram>(*sample.histogram);
      kept->hint = stored_hint(*kept, before);
      sample.histogram = std::move(kept);
    }
    samples.push_back(std::move(sample));
    return true;
  }
};

/// Gives a series as one chunk.
class ScriptStore::Scan final : public series::SeriesScan {
 public:
  void open(const series::SeriesRef& series, series::TimeRange range) override {
    const auto& all = static_cast<const Stored&>(*series).samples;
    keeps_alive_ = series;
    const auto begin = std::ranges::lower_bound(all, range.from_ms, {}, &Sample::time_ms);
    const auto end = std::ranges::upper_bound(all, range.to_ms, {}, &Sample::time_ms);
    times_.clear();
    values_.clear();
    histograms_.clear();
    starts_.clear();
    for (auto at = begin; at < end; ++at) {
      const auto place = static_cast<std::uint32_t>(times_.size());
      const std::int64_t known = starts_.empty() ? 0 : starts_.back().time_ms;
      if (at->start_ms != known) starts_.push_back({place, at->start_ms});
      times_.push_back(at->time_ms);
      values_.push_back(is_absent(at->number) ? stale_number() : at->number);
      histograms_.push_back(at->histogram);
    }
    is_given_ = times_.empty();
    chunk_.times_ms = times_;
    chunk_.values = values_;
    chunk_.starts = starts_;
    chunk_.float_histograms = histograms_;
  }
  [[nodiscard]] const series::SeriesChunk* next() override {
    return std::exchange(is_given_, true) ? nullptr : &chunk_;
  }
  [[nodiscard]] std::uint64_t missing_chunks() const noexcept override { return 0; }

 private:
  series::SeriesRef keeps_alive_;
  std::vector<std::int64_t> times_;
  std::vector<double> values_;
  std::vector<series::FloatHistogramRef> histograms_;
  std::vector<series::CountStart> starts_;
  series::SeriesChunk chunk_;
  bool is_given_ = true;
};

ScriptStore::ScriptStore() = default;
ScriptStore::~ScriptStore() = default;

ScriptStore::Stored& ScriptStore::stored(const series::LabelSet& labels) {
  const auto [known, is_new] = places_.try_emplace(labels, all_.size());
  if (is_new) {
    auto made = std::make_shared<Stored>();
    made->labels = labels;
    made->family = std::make_shared<const series::FamilyInfo>();
    all_.push_back(std::move(made));
  }
  return *all_[known->second];
}

void ScriptStore::load(const LoadCommand& command) {
  for (const ScriptSeries& one : command.series) {
    // Of two lines for one series the last counts.
    const auto last =
        std::ranges::find(command.series.rbegin(), command.series.rend(), one.labels, &ScriptSeries::labels);
    if (&*last != &one) continue;
    const std::vector<ScriptValue> values = values_of(one, kMostSamples);
    std::vector<std::int64_t> starts(values.size());
    std::size_t place = 0;
    for (const ScriptStarts& item : one.starts) {
      for (std::uint64_t i = 0; i < item.count && place < starts.size(); ++i, ++place) {
        const auto time = static_cast<std::int64_t>(place) * command.interval_milliseconds;
        const std::int64_t distance =
            item.milliseconds + static_cast<std::int64_t>(i) * item.step_milliseconds;
        starts[place] = item.is_omitted ? 0 : time + distance;
      }
    }
    Stored& into = stored(one.labels);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i].number && values[i].histogram == nullptr) continue;
      into.append({static_cast<std::int64_t>(i) * command.interval_milliseconds,
                   values[i].number.value_or(kAbsent), values[i].histogram, starts[i]});
    }
  }
  if (command.with_custom_buckets) load_native(command);
}

void ScriptStore::load_native(const LoadCommand& command) {
  std::map<series::LabelSet, std::map<std::int64_t, ClassicSample>> histograms;
  for (const ScriptSeries& one : command.series) {
    const ClassicName name = classic_name(one.labels.name());
    if (name.part == ClassicName::Part::none) continue;
    std::string_view text = one.labels.get("le");
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto bound = take_number(text);
    if (name.part == ClassicName::Part::bucket && (!bound || !text.empty() || std::isnan(*bound))) continue;
    const series::LabelSet labels = one.labels.with(series::kNameLabel, name.base).with("le", "");
    const std::vector<ScriptValue> values = values_of(one, kMostSamples);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i].number) continue;
      ClassicSample& sample =
          histograms[labels][static_cast<std::int64_t>(i) * command.interval_milliseconds];
      switch (name.part) {
        case ClassicName::Part::bucket: sample.buckets.emplace(*bound, *values[i].number); break;
        case ClassicName::Part::count: sample.count = *values[i].number; break;
        default: sample.sum = *values[i].number;
      }
    }
  }
  for (const auto& [labels, samples] : histograms) {
    for (const auto& [time, sample] : samples) {
      stored(labels).append(
          {time, kAbsent, std::make_shared<const series::FloatHistogram>(sample.native()), 0});
    }
  }
}

series::SinkResult ScriptStore::append(std::int64_t time_ms,
                                       std::span<const series::Sample> samples) noexcept {
  series::SinkResult result;
  for (const series::Sample& one : samples) {
    try {
      const bool is_end = std::bit_cast<std::uint64_t>(one.value) == series::kStaleBits;
      const bool is_taken = stored(one.labels).append({time_ms, is_end ? kAbsent : one.value, nullptr, 0});
      ++(is_taken ? result.taken : result.late);
    } catch (const std::bad_alloc&) {
      ++result.refused;
    }
  }
  return result;
}

void ScriptStore::clear() {
  all_.clear();
  places_.clear();
}

std::vector<series::SeriesRef> ScriptStore::find(std::span<const series::Matcher> matchers,
                                                 series::TimeRange range, const series::ReadLimit&,
                                                 std::size_t most) const {
  std::vector<series::SeriesRef> found;
  for (const auto& one : all_) {
    const bool is_in_range = !one->samples.empty() && one->samples.front().time_ms <= range.to_ms &&
                             one->samples.back().time_ms >= range.from_ms;
    if (is_in_range && found.size() < most && series::fits(one->labels, matchers)) found.push_back(one);
  }
  return found;
}

std::unique_ptr<series::SeriesScan> ScriptStore::scan(series::ReadLimit) const {
  return std::make_unique<Scan>();
}

}  // namespace kymo::KYMO_ABI::query
