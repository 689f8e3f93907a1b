#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <kymo/series/float_histogram.h>
#include <kymo/series/label_set.h>

/// Scripts that test an engine of PromQL, in the format of Prometheus' promqltest: load samples, evaluate
/// queries, compare. Threads: any. Source: Prometheus, "The PromQL test scripting language".
namespace kymo::KYMO_ABI::query {

/// A native histogram as a script writes it: `{{schema:0 sum:5 count:4 buckets:[1 2 1]}}`.
struct ScriptHistogram {
  using ResetHint = series::ResetHint;

  std::int64_t schema = 0;
  double sum = 0;
  double count = 0;
  double zero_count = 0;
  double zero_width = 0;
  std::vector<double> custom_values;
  std::vector<double> buckets;  ///< counts, the first at `offset`
  std::int64_t offset = 0;
  std::vector<double> negative_buckets;
  std::int64_t negative_offset = 0;
  std::optional<ResetHint> reset_hint;  ///< none: no test looks at it

  friend bool operator==(const ScriptHistogram&, const ScriptHistogram&) = default;
};

/// Samples of one item such as `1+2x10`: `count` of them, each `step` above the one before.
struct ScriptSamples {
  enum class Kind : std::uint8_t {
    omitted,    ///< `_`
    stale,      ///< `stale`
    number,     ///< `1+2x10`
    histogram,  ///< `{{…}}+{{…}}x10`
  };

  Kind kind = Kind::omitted;
  std::uint64_t count = 1;
  double value = 0;
  double step = 0;
  ScriptHistogram histogram;
  std::optional<ScriptHistogram> histogram_step;
  bool is_subtracted = false;  ///< of `histogram_step`
};

/// Start times of one item of an `@st` line: `count` of them, as distances to the times of the samples.
struct ScriptStarts {
  bool is_omitted = false;
  std::uint64_t count = 1;
  std::int64_t milliseconds = 0;
  std::int64_t step_milliseconds = 0;
};

struct ScriptSeries {
  std::size_t line = 0;
  series::LabelSet labels;
  std::vector<ScriptSamples> samples;
  std::vector<ScriptStarts> starts;  ///< empty: none known
};

struct LoadCommand {
  std::size_t line = 0;
  std::int64_t interval_milliseconds = 0;
  /// Loads classic histograms as native ones with custom buckets too.
  bool with_custom_buckets = false;
  std::vector<ScriptSeries> series;
};

struct ClearCommand {
  std::size_t line = 0;
};

/// A line such as `expect warn msg: …`.
struct ScriptExpectation {
  enum class Kind : std::uint8_t { fail, warn, no_warn, info, no_info, ordered };
  enum class Match : std::uint8_t { any, text, pattern };

  Kind kind = Kind::fail;
  Match match = Match::any;
  std::string text;
};

struct ScriptTimes {
  std::int64_t start_milliseconds = 0;
  std::int64_t end_milliseconds = 0;
  std::int64_t step_milliseconds = 0;
};

struct EvalCommand {
  std::size_t line = 0;
  bool is_range = false;
  ScriptTimes times;  ///< start and end are equal for an instant query
  std::string query;
  std::vector<ScriptExpectation> expectations;
  std::optional<double> number;  ///< a scalar is expected
  std::optional<std::string> string;
  std::optional<ScriptTimes> range_vector;  ///< `expect range vector`
  std::vector<ScriptSeries> series;
};

using ScriptCommand = std::variant<LoadCommand, ClearCommand, EvalCommand>;

/// Why a script is malformed; the text begins with `line N: `.
class ScriptError final : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// Reads a whole script. Does not parse the queries. Cost: linear in the text; repetitions stay counted, so
/// `1x1000000000` costs no more than `1`. Errors: throws ScriptError, and `std::bad_alloc`.
[[nodiscard]] std::vector<ScriptCommand> read_script(std::string_view text);

/// Reads one line such as `x{a="b"} 1+2x10 _ stale`; `line` is for errors and the result.
[[nodiscard]] ScriptSeries read_script_series(std::string_view text, std::size_t line);

}  // namespace kymo::KYMO_ABI::query
