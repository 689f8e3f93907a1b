#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include <kymo/query/script.h>
#include <kymo/series/sample_sink.h>
#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::query {

/// A sample that a script names: a number, a histogram, or neither.
struct ScriptValue {
  std::optional<double> number;
  series::FloatHistogramRef histogram;
  bool has_hint = false;  ///< the script names the histogram's hint
};

/// The value as a script writes it.
[[nodiscard]] std::string script_text(const ScriptValue& value);

/// The samples of a line, one a step. Throws ScriptError for more than `most`.
[[nodiscard]] std::vector<ScriptValue> values_of(const ScriptSeries& series, std::size_t most);

/// Series in memory, as the `load` commands of a script gave them, and as rules write them. Threads: any,
/// once loaded; one, while it is written.
class ScriptStore final : public series::SeriesReader, public series::SampleSink {
 public:
  ScriptStore();
  ~ScriptStore() override;

  /// Adds samples. One at a time that the series passed is left out.
  void load(const LoadCommand& command);
  void clear();
  series::SinkResult append(std::int64_t time_ms, std::span<const series::Sample> samples) noexcept override;

  [[nodiscard]] std::vector<series::SeriesRef> find(
      std::span<const series::Matcher> matchers, series::TimeRange range, const series::ReadLimit& limit = {},
      std::size_t most = std::numeric_limits<std::size_t>::max()) const override;
  [[nodiscard]] std::unique_ptr<series::SeriesScan> scan(series::ReadLimit limit = {}) const override;

 private:
  struct Stored;
  struct Sample;
  class Scan;

  Stored& stored(const series::LabelSet& labels);
  void load_native(const LoadCommand& command);

  std::vector<std::shared_ptr<Stored>> all_;
  std::unordered_map<series::LabelSet, std::size_t> places_;
};

}  // namespace kymo::KYMO_ABI::query
