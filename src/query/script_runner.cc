#include <kymo/query/script_runner.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <kymo/query/script.h>

#include <kymo/query/script_store.h>
#include "eval_series.h"
#include "histogram_math.h"
#include "number_texts.h"
#include "pattern.h"
#include "query_context.h"

namespace kymo::KYMO_ABI::query {
namespace {

using Kind = ScriptExpectation::Kind;

/// An expected result that did not come; the text says how.
struct Mismatch {
  std::string text;
};

[[noreturn]] void mismatch(std::string text) { throw Mismatch{std::move(text)}; }

bool are_near(double a, double b) noexcept {
  constexpr double kTolerance = 1e-6;
  constexpr double kLeastNormal = std::numeric_limits<double>::min();
  if (is_absent(a) || is_absent(b)) return is_absent(a) && is_absent(b);
  if ((std::isnan(a) && std::isnan(b)) || a == b) return true;
  const double sum = std::abs(a) + std::abs(b);
  const double difference = std::abs(a - b);
  if (a == 0 || b == 0 || sum < kLeastNormal) return difference < kTolerance * kLeastNormal;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < kTolerance;
}

bool are_near(const std::vector<series::FloatBucket>& a, const std::vector<series::FloatBucket>& b) {
  return std::ranges::equal(a, b, [](const series::FloatBucket& left, const series::FloatBucket& right) {
    return left.index == right.index && are_near(left.count, right.count);
  });
}

bool are_near(const FloatHistogram& a, const FloatHistogram& b, bool with_hint) {
  return a.schema == b.schema && are_near(a.count, b.count) && are_near(a.sum, b.sum) &&
         have_same_bounds(a, b) && a.zero_threshold == b.zero_threshold &&
         are_near(a.zero_count, b.zero_count) && are_near(a.positive, b.positive) &&
         are_near(a.negative, b.negative) && (!with_hint || a.hint == b.hint);
}

std::string number_of(double value) { return is_absent(value) ? "stale" : general_number_text(value); }

std::string list_text(std::string_view key, std::string_view offset_key,
                      const std::vector<series::FloatBucket>& buckets) {
  if (buckets.empty()) return {};
  std::string text;
  if (buckets.front().index != 0) {
    text += " " + std::string(offset_key) + ":" + std::to_string(buckets.front().index);
  }
  text += " " + std::string(key) + ":[";
  std::int32_t next = buckets.front().index;
  for (const series::FloatBucket& bucket : buckets) {
    constexpr std::int32_t kMostZeros = 1000;
    for (std::int32_t zeros = 0; next < bucket.index && zeros < kMostZeros; ++next, ++zeros) text += "0 ";
    next = bucket.index + 1;
    text += general_number_text(bucket.count) + " ";
  }
  text.back() = ']';
  return text;
}

/// The histogram as a script writes it.
std::string histogram_text(const FloatHistogram& histogram) {
  static constexpr std::array<std::string_view, 4> kHints = {"unknown", "reset", "not_reset", "gauge"};
  std::string text = "{{schema:" + std::to_string(histogram.schema) +
                     " count:" + general_number_text(histogram.count) +
                     " sum:" + general_number_text(histogram.sum);
  if (histogram.zero_count != 0) text += " z_bucket:" + general_number_text(histogram.zero_count);
  if (histogram.zero_threshold != 0) text += " z_bucket_w:" + general_number_text(histogram.zero_threshold);
  if (histogram.bounds != nullptr) {
    text += " custom_values:[";
    for (const double bound : *histogram.bounds) text += general_number_text(bound) + " ";
    text.back() = ']';
  }
  text += " counter_reset_hint:" + std::string(kHints.at(static_cast<std::size_t>(histogram.hint)));
  text += list_text("buckets", "offset", histogram.positive);
  text += list_text("n_buckets", "n_offset", histogram.negative);
  return text + "}}";
}

std::string text_of_series(const ResultSeries& series) {
  std::string text = series.labels.to_string();
  for (const NumberPoint& one : series.numbers) {
    text.append(" ").append(number_of(one.value)).append("@").append(std::to_string(one.time_ms));
  }
  for (const HistogramPoint& one : series.histograms) {
    text.append(" ").append(histogram_text(*one.value)).append("@").append(std::to_string(one.time_ms));
  }
  return text;
}

/// The evaluation of one `eval`, in all its variants.
class EvalRun {
 public:
  EvalRun(const ScriptStore& store, const Engine& engine, const EvalCommand& command)
      : store_(store), engine_(engine), command_(command) {
    // One more than can come, so that a line with too many is a mismatch.
    for (const ScriptSeries& one : command.series)
      expected_.push_back({one.labels, values_of(one, kMostValues)});
  }

  std::optional<ScriptFailure> run() {
    try {
      if (command_.is_range) {
        check({command_.query, command_.times.start_milliseconds, command_.times.end_milliseconds,
               command_.times.step_milliseconds});
      } else {
        check_instant(command_.query, command_.times.start_milliseconds);
        check_pinned();
      }
    } catch (const Mismatch& found) {
      return ScriptFailure{command_.line, query_, found.text};
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kMostValues = 1'000'000;
  static constexpr std::int64_t kMinute = 60'000;

  struct Expected {
    series::LabelSet labels;
    std::vector<ScriptValue> values;
  };

  [[nodiscard]] const ScriptExpectation* expectation(Kind kind) const {
    const auto found = std::ranges::find(command_.expectations, kind, &ScriptExpectation::kind);
    return found == command_.expectations.end() ? nullptr : &*found;
  }
  [[nodiscard]] bool is_ordered() const { return expectation(Kind::ordered) != nullptr; }

  static bool fits(const ScriptExpectation& expected, std::string_view text) {
    if (expected.match == ScriptExpectation::Match::any) return true;
    if (expected.match == ScriptExpectation::Match::text) return text == expected.text;
    std::string fault;
    const auto pattern = compile_pattern(".*(?:" + expected.text + ").*", fault);
    return pattern != nullptr && pattern->matches(text);
  }

  void check_failure(const std::string& text, std::string_view cause) const {
    const ScriptExpectation* const expected = expectation(Kind::fail);
    if (expected == nullptr) mismatch("unexpected error: " + text);
    if (!fits(*expected, text) && !fits(*expected, cause)) {
      mismatch("expected error " + expected->text + ", got: " + text);
    }
  }

  /// Nothing where the query failed as expected.
  std::optional<QueryResult> result_of(const QueryRequest& request) {
    query_ = request.query;
    try {
      QueryResult result = engine_.run(store_, request);
      if (expectation(Kind::fail) != nullptr) mismatch("expected an error, but the query has a result");
      return result;
    } catch (const QueryFailure& failure) {
      check_failure(failure.what(), failure.cause());
    } catch (const QueryError& error) {
      check_failure(error.what(), error.what());
    }
    return std::nullopt;
  }

  void check_notes(const std::vector<std::string>& notes, Kind kind, Kind none, std::string_view word) const {
    std::vector<const ScriptExpectation*> expected;
    for (const ScriptExpectation& one : command_.expectations) {
      if (one.kind == kind) expected.push_back(&one);
    }
    if (expectation(none) != nullptr && !notes.empty()) {
      mismatch("unexpected " + std::string(word) + ": " + notes.front());
    }
    for (const ScriptExpectation* const one : expected) {
      if (std::ranges::none_of(notes, [&](const std::string& note) { return fits(*one, note); })) {
        mismatch("expected " + std::string(word) + " " + one->text + ", got " +
                 (notes.empty() ? "none" : notes.front()));
      }
    }
    for (const std::string& note : notes) {
      const bool is_expected = expected.empty() || std::ranges::any_of(expected, [&](const auto* one) {
                                 return fits(*one, note);
                               });
      if (!is_expected) mismatch("unexpected " + std::string(word) + ": " + note);
    }
  }

  std::optional<QueryResult> check(const QueryRequest& request) {
    std::optional<QueryResult> result = result_of(request);
    if (!result) return std::nullopt;
    check_notes(result->warnings, Kind::warn, Kind::no_warn, "warning");
    check_notes(result->infos, Kind::info, Kind::no_info, "info");
    check_result(*result);
    return result;
  }

  void check_result(const QueryResult& result) const {
    switch (result.type) {
      case ValueType::scalar: check_scalar(result.scalar); break;
      case ValueType::string:
        if (!command_.string || *command_.string != result.text) {
          mismatch("expected string \"" + command_.string.value_or("") + "\", got \"" + result.text + "\"");
        }
        break;
      case ValueType::vector: check_vector(result.series); break;
      case ValueType::matrix: check_matrix(result.series); break;
    }
  }

  void check_scalar(double value) const {
    if (!command_.number) mismatch("expected a vector, got the scalar " + number_of(value));
    if (!are_near(*command_.number, value)) {
      mismatch("expected " + number_of(*command_.number) + ", got " + number_of(value));
    }
  }

  /// The place of the expectation for a series; fails where there is none.
  std::size_t place_of(const ResultSeries& series) const {
    // Of two lines with the same labels the last counts.
    for (std::size_t place = expected_.size(); place-- > 0;) {
      if (expected_[place].labels == series.labels) return place;
    }
    mismatch("unexpected series " + text_of_series(series));
  }

  void check_all_seen(const std::vector<bool>& seen) const {
    for (std::size_t place = 0; place < seen.size(); ++place) {
      if (seen[place]) continue;
      const auto is_same = [&](const Expected& one) { return one.labels == expected_[place].labels; };
      const auto later = expected_.begin() + static_cast<std::ptrdiff_t>(place) + 1;
      if (std::any_of(later, expected_.end(), is_same)) continue;
      mismatch("expected series " + expected_[place].labels.to_string() + " is missing");
    }
  }

  void check_vector(const std::vector<ResultSeries>& vector) const {
    if (command_.number) mismatch("expected a scalar, got a vector");
    std::vector<bool> seen(expected_.size());
    for (std::size_t i = 0; i < vector.size(); ++i) {
      const ResultSeries& one = vector[i];
      const std::size_t place = place_of(one);
      if (is_ordered() && place != i) {
        mismatch("expected " + one.labels.to_string() + " at place " + std::to_string(place + 1) +
                 ", got it at " + std::to_string(i + 1));
      }
      seen[place] = true;
      const ScriptValue value =
          expected_[place].values.empty() ? ScriptValue() : expected_[place].values.front();
      const bool is_number =
          value.number && !one.numbers.empty() && are_near(*value.number, one.numbers.front().value);
      if (!is_number && !fits_histogram(value, one)) {
        mismatch("expected " + script_text(value) + ", got " + text_of_series(one));
      }
    }
    check_all_seen(seen);
  }

  static bool fits_histogram(const ScriptValue& value, const ResultSeries& series) {
    return value.histogram != nullptr && !series.histograms.empty() &&
           are_near(*value.histogram, *series.histograms.front().value, value.has_hint);
  }

  void check_matrix(const std::vector<ResultSeries>& matrix) const {
    if (command_.number) mismatch("expected a scalar, got a matrix");
    if (is_ordered()) mismatch("expected an order, got a matrix");
    if (!std::ranges::is_sorted(matrix, {}, &ResultSeries::labels)) mismatch("series not in order of labels");
    const ScriptTimes times = command_.range_vector.value_or(command_.times);
    std::vector<bool> seen(expected_.size());
    for (const ResultSeries& one : matrix) {
      const std::size_t place = place_of(one);
      seen[place] = true;
      check_points(one, expected_[place], times);
    }
    check_all_seen(seen);
  }

  static void check_points(const ResultSeries& series, const Expected& expected, const ScriptTimes& times) {
    std::size_t number = 0;
    std::size_t histogram = 0;
    const auto fail = [&](std::int64_t time, const ScriptValue& value) {
      mismatch("expected " + script_text(value) + " at " + std::to_string(time) + ", got " +
               text_of_series(series));
    };
    for (std::size_t i = 0; i < expected.values.size(); ++i) {
      const ScriptValue& value = expected.values[i];
      const std::int64_t time =
          times.start_milliseconds + static_cast<std::int64_t>(i) * times.step_milliseconds;
      if (time > times.end_milliseconds) mismatch("more expected points than the query has steps");
      if (value.histogram != nullptr) {
        const bool fits = histogram < series.histograms.size() &&
                          series.histograms[histogram].time_ms == time &&
                          are_near(*value.histogram, *series.histograms[histogram].value, value.has_hint);
        if (!fits) fail(time, value);
        ++histogram;
      } else if (value.number) {
        const bool fits = number < series.numbers.size() && series.numbers[number].time_ms == time &&
                          are_near(*value.number, series.numbers[number].value);
        if (!fits) fail(time, value);
        ++number;
      }
    }
    if (number != series.numbers.size() || histogram != series.histograms.size()) {
      mismatch("more points than expected: " + text_of_series(series));
    }
  }

  void check_instant(const std::string& query, std::int64_t time) {
    const auto instant = check({query, time, time, 0});
    if (!instant || command_.range_vector || command_.string || names_query_times(query)) return;
    const std::optional<QueryResult> range = result_of({query, time - kMinute, time + kMinute, kMinute});
    if (!range || is_ordered()) return;
    if (!std::ranges::is_sorted(range->series, {}, &ResultSeries::labels)) {
      mismatch("series of the range query not in order of labels");
    }
    std::vector<ResultSeries> vector;
    for (const ResultSeries& one : range->series) {
      ResultSeries at;
      at.labels = one.labels;
      for (const NumberPoint& point : one.numbers) {
        if (point.time_ms == time) at.numbers.push_back(point);
      }
      for (const HistogramPoint& point : one.histograms) {
        if (point.time_ms == time) at.histograms.push_back(point);
      }
      if (!at.numbers.empty() || !at.histograms.empty()) vector.push_back(std::move(at));
    }
    try {
      if (instant->type == ValueType::scalar) {
        check_scalar(vector.empty() ? kAbsent : vector.front().numbers.front().value);
      } else {
        check_vector(vector);
      }
    } catch (const Mismatch& found) {
      mismatch("as a range query: " + found.text);
    }
  }

  /// These functions differ between instant and range queries.
  static bool names_query_times(std::string_view query) {
    static constexpr std::array<std::string_view, 4> kNames = {"start()", "end()", "range()", "step()"};
    return std::ranges::any_of(
        kNames, [&](std::string_view name) { return query.find(name) != std::string_view::npos; });
  }

  /// Evaluates the query at other times, pinned to its own.
  void check_pinned() {
    ParseOptions parsing;
    parsing.takes_experimental = engine_.options().takes_experimental;
    ExpressionPtr expression;
    try {
      expression = parse(command_.query, parsing);
    } catch (const QueryError&) {
      return;  // the query itself has failed as expected
    }
    std::vector<std::uint32_t> places;
    if (!find_pins(*expression, places)) return;
    std::ranges::sort(places, std::greater<>());
    const std::int64_t time = command_.times.start_milliseconds;
    std::array<char, 64> pin;
    std::snprintf(pin.data(), pin.size(), " @ %.3f", static_cast<double>(time) / 1000);
    std::string pinned = command_.query;
    for (const std::uint32_t place : places) pinned.insert(place, pin.data());
    if (time == 0) {
      for (const std::int64_t at : {-1000, 0, 1000}) check_instant(pinned, at);
    } else {
      for (const std::int64_t at : {-10 * time, std::int64_t{0}, time / 5, time, 10 * time}) {
        check_instant(pinned, at);
      }
    }
  }

  /// Where an `@` belongs. False where a function gives something else at each time.
  static bool find_pins(const Expression& expression, std::vector<std::uint32_t>& places) {
    const auto pin = [&](const TimeShift& shift) {
      if (shift.at == TimeShift::At::evaluation) places.push_back(expression.span.end);
      return true;
    };
    const auto below = [&](const ExpressionPtr& one) { return one == nullptr || find_pins(*one, places); };
    if (const auto* const node = expression.as<Selector>()) return pin(node->shift);
    if (const auto* const node = expression.as<RangeSelector>()) return pin(node->selector.shift);
    if (const auto* const node = expression.as<Subquery>()) return pin(node->shift);
    if (const auto* const node = expression.as<Parenthesized>()) return below(node->operand);
    if (const auto* const node = expression.as<Unary>()) return below(node->operand);
    if (const auto* const node = expression.as<Binary>()) return below(node->left) && below(node->right);
    if (const auto* const node = expression.as<Aggregation>()) {
      return below(node->parameter) && below(node->operand);
    }
    if (const auto* const node = expression.as<Call>()) {
      return !depends_on_time(node->function->name) && std::ranges::all_of(node->arguments, below);
    }
    return true;
  }

  const ScriptStore& store_;
  const Engine& engine_;
  const EvalCommand& command_;
  std::vector<Expected> expected_;
  std::string query_;
};

}  // namespace

std::string script_text(const ScriptValue& value) {
  if (value.histogram != nullptr) return histogram_text(*value.histogram);
  return value.number ? number_of(*value.number) : "_";
}

EngineOptions script_options() {
  EngineOptions options;
  options.takes_experimental = true;
  options.delays_name_removal = true;
  return options;
}

ScriptReport run_script(std::string_view text, const EngineOptions& options) {
  const Engine engine(options);
  ScriptStore store;
  ScriptReport report;
  for (const ScriptCommand& command : read_script(text)) {
    if (const auto* const load = std::get_if<LoadCommand>(&command)) {
      store.load(*load);
    } else if (const auto* const eval = std::get_if<EvalCommand>(&command)) {
      ++report.evals;
      if (auto failure = EvalRun(store, engine, *eval).run()) report.failures.push_back(std::move(*failure));
    } else {
      store.clear();
    }
  }
  return report;
}

}  // namespace kymo::KYMO_ABI::query
