// The functions that Prometheus adds to Go's templates.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <kymo/query/duration_text.h>
#include <kymo/query/quoting.h>

#include "expression_replacer.h"
#include "go_text.h"
#include "go_time.h"
#include "host_text.h"
#include "template_functions.h"
#include "template_number.h"
#include "text_escapes.h"
#include "title_case.h"

namespace kymo::KYMO_ABI::alert {
namespace {

using Type = ParameterType;

constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr std::size_t kMostMapDepth = 100;

// ---- queries ----

ResultSlice result_of(const Value& value) {
  if (const auto* slice = value.get<ResultSlice>()) return *slice;
  return {std::make_shared<std::vector<SamplePointer>>()};
}

Value run_query(const FunctionCall& call) {
  call.effort.query();
  if (!call.context.query) throw FunctionError("no queries run here; remove the function");
  auto samples = std::make_shared<std::vector<SamplePointer>>();
  std::vector<TemplateSample> found;
  try {
    found = call.context.query(call.text(0));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw FunctionError(error.what());
  }
  for (TemplateSample& one : found) {
    call.effort.step(one.labels.bytes().size());
    samples->push_back(std::make_shared<const TemplateSample>(std::move(one)));
  }
  return {ResultSlice{samples, 0, samples->size()}};
}

Value first_sample(const FunctionCall& call) {
  const ResultSlice slice = result_of(call.values.front());
  if (slice.size() == 0)
    throw FunctionError("the query has no result; guard it with \"{{with query …}}\" or \"{{range}}\"");
  return {(*slice.samples)[slice.begin]};
}

const TemplateSample& sample_of(const Value& value) {
  const auto* sample = value.get<SamplePointer>();
  if (sample == nullptr) throw FunctionError("there is no sample; take one with \"first\" or \"range\"");
  return **sample;
}

Value label_of(const FunctionCall& call) {
  return call.made(std::string(sample_of(call.values[1]).labels.get(call.text(0))));
}

Value value_of(const FunctionCall& call) { return {sample_of(call.values[0]).value}; }

Value text_of_value(const FunctionCall& call) {
  return call.made(std::string(sample_of(call.values[0]).labels.get("__value__")));
}

Value sort_by_label(const FunctionCall& call) {
  const ResultSlice slice = result_of(call.values[1]);
  call.effort.step(slice.size() * 64);
  const std::string& key = call.text(0);
  const auto begin = slice.samples->begin() + static_cast<std::ptrdiff_t>(slice.begin);
  std::stable_sort(begin, begin + static_cast<std::ptrdiff_t>(slice.size()),
                   [&](const SamplePointer& a, const SamplePointer& b) {
                     return a->labels.get(key) < b->labels.get(key);
                   });
  return {slice};
}

Value arguments_by_name(const FunctionCall& call) {
  auto map = std::make_shared<ArgumentMap>();
  for (std::size_t at = 0; at < call.values.size(); ++at) {
    if (const auto* inner = call.values[at].get<std::shared_ptr<const ArgumentMap>>())
      map->depth = std::max(map->depth, (*inner)->depth + 1);
    call.effort.step();
    map->values.emplace("arg" + std::to_string(at), call.values[at]);
  }
  if (map->depth > kMostMapDepth)
    throw FunctionError("nests args deeper than " + std::to_string(kMostMapDepth) + " levels; simplify it");
  return {std::shared_ptr<const ArgumentMap>(std::move(map))};
}

// ---- numbers ----

double number_of(const Value& value) {
  if (const auto* number = value.get<double>()) return *number;
  if (const auto* whole = value.get<Whole>(); whole != nullptr && !whole->is_pointer) {
    if (whole->type == WholeType::whole || whole->type == WholeType::whole64)
      return static_cast<double>(whole->value);
    // Go adds the seconds and their fraction.
    if (whole->type == WholeType::duration) {
      const auto seconds = whole->value / kNanoseconds;
      return static_cast<double>(seconds) + static_cast<double>(whole->value % kNanoseconds) / 1e9;
    }
  }
  if (const auto* text = value.get<Text>(); text != nullptr && !text->is_html) {
    if (const auto number = parse_go_float(*text->text)) return *number;
    throw FunctionError(query::quote(*text->text) + " is no number; write one such as 12.5");
  }
  throw FunctionError("a value of type " + std::string(type_name(value)) + " is no number");
}

std::string four_digits(double value) { return go_float(value, 'g', 4); }

bool is_special(double value) { return value == 0 || std::isnan(value) || std::isinf(value); }

/// Go writes +Inf where strconv writes Inf.
std::string special_text(double value) {
  return std::isinf(value) && value > 0 ? "+Inf" : four_digits(value);
}

constexpr std::array<std::string_view, 8> kSmall = {"m", "u", "n", "p", "f", "a", "z", "y"};

std::string small_text(double value) {
  std::string_view prefix;
  for (const std::string_view one : kSmall) {
    if (std::abs(value) >= 1) break;
    prefix = one;
    value *= 1000;
  }
  return four_digits(value) + std::string(prefix);
}

std::string large_text(double value, double step, const std::array<std::string_view, 8>& prefixes) {
  std::string_view prefix;
  for (const std::string_view one : prefixes) {
    if (std::abs(value) < step) break;
    prefix = one;
    value /= step;
  }
  return four_digits(value) + std::string(prefix);
}

Value humanize(const FunctionCall& call) {
  const double value = number_of(call.values.front());
  if (is_special(value)) return call.made(special_text(value));
  if (std::abs(value) < 1) return call.made(small_text(value));
  return call.made(large_text(value, 1000, {"k", "M", "G", "T", "P", "E", "Z", "Y"}));
}

Value humanize_1024(const FunctionCall& call) {
  const double value = number_of(call.values.front());
  if (is_special(value) || std::abs(value) <= 1) return call.made(special_text(value));
  return call.made(large_text(value, 1024, {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"}));
}

Value humanize_percentage(const FunctionCall& call) {
  return call.made(special_text(number_of(call.values.front()) * 100) + '%');
}

std::string long_duration_text(double value) {
  const std::string sign = value < 0 ? "-" : "";
  value = std::abs(value);
  if (value < 60) return sign + four_digits(value) + 's';
  // Go's conversion of a float past 2^63 gives the least number.
  const auto whole =
      value < 9.2e18 ? static_cast<std::int64_t>(value) : std::numeric_limits<std::int64_t>::min();
  const auto part = [](std::int64_t number, std::string_view unit) {
    return std::to_string(number) + std::string(unit);
  };
  const std::int64_t days = whole / 86'400;
  const std::int64_t hours = whole / 3600 % 24;
  const std::int64_t minutes = whole / 60 % 60;
  std::string text = part(minutes, "m ") + part(whole % 60, "s");
  if (days != 0 || hours != 0) text = part(hours, "h ") + text;
  if (days != 0) text = part(days, "d ") + text;
  return sign + text;
}

Value humanize_duration(const FunctionCall& call) {
  const double value = number_of(call.values.front());
  if (std::isnan(value) || std::isinf(value)) return call.made(special_text(value));
  if (value == 0) return call.made(special_text(value) + 's');
  if (std::abs(value) >= 1) return call.made(long_duration_text(value));
  return call.made(small_text(value) + 's');
}

// ---- times ----

Instant instant_of(double seconds) {
  if (std::isnan(seconds) || std::isinf(seconds))
    throw FunctionError(special_text(seconds) + " is no time; guard it with \"if\"");
  const double nanoseconds = seconds * 1e9;
  if (nanoseconds > 9223372036854775807.0 || nanoseconds < -9223372036854775808.0)
    throw FunctionError(go_float(seconds, 'g', -1) +
                        " is no time; expected seconds since 1970, up to the year 2262");
  const auto whole = nanoseconds >= 9223372036854775807.0 ? std::numeric_limits<std::int64_t>::min()
                                                          : static_cast<std::int64_t>(nanoseconds);
  const std::int64_t milliseconds = whole / 1'000'000;  // Prometheus' times have no finer part
  std::int64_t rest = milliseconds % 1000;
  std::int64_t at = milliseconds / 1000;
  if (rest < 0) {
    rest += 1000;
    --at;
  }
  return {at, static_cast<std::int32_t>(rest * 1'000'000), true};
}

Value humanize_timestamp(const FunctionCall& call) {
  const double value = number_of(call.values.front());
  if (std::isnan(value) || std::isinf(value)) return call.made(special_text(value));
  return call.made(time_text(instant_of(value)));
}

Value to_time(const FunctionCall& call) { return {instant_of(number_of(call.values.front()))}; }

Value to_duration(const FunctionCall& call) {
  const double nanoseconds = number_of(call.values.front()) * 1e9;
  const bool fits = nanoseconds >= -9223372036854775808.0 && nanoseconds < 9223372036854775807.0;
  const auto whole = fits ? static_cast<std::int64_t>(nanoseconds) : std::numeric_limits<std::int64_t>::min();
  return {Whole{whole, WholeType::duration, true}};
}

Value now(const FunctionCall& call) { return {static_cast<double>(call.context.now_ms) / 1000.0}; }

Value parse_duration(const FunctionCall& call) {
  std::string_view text = call.text(0);
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const auto milliseconds = query::parse_milliseconds(text);
  if (!milliseconds)
    throw FunctionError(query::quote(call.text(0)) + " is no duration; expected one such as 5m or 1h30m");
  const double seconds = static_cast<double>(*milliseconds) / 1000.0;
  return {is_negative ? 0 - seconds : seconds};
}

// ---- texts ----

template <std::uint32_t (*Map)(std::uint32_t)>
Value with_letters(const FunctionCall& call) {
  return call.made(map_letters(call.text(0), Map));
}

Value title(const FunctionCall& call) { return call.made(title_case(call.text(0))); }

Value safe_html(const FunctionCall& call) {
  Value value = call.values.front();
  std::get<Text>(value.is).is_html = true;
  return value;
}

Value matches(const FunctionCall& call) {
  call.effort.step(call.text(0).size() * 16 + call.text(1).size());
  return {Expression(call.text(0)).matches(call.text(1))};
}

Value replace_all(const FunctionCall& call) {
  call.effort.step(call.text(0).size() * 16 + call.text(2).size());
  const std::size_t limit = call.effort.limits().most_output;
  return call.made(Expression(call.text(0)).replace_all(call.text(2), call.text(1), limit));
}

Value link(const FunctionCall& call, std::string_view tab) {
  return call.made("/graph?g0.expr=" + escape_url_query(call.text(0)) + "&g0.tab=" + std::string(tab));
}

Value graph_link(const FunctionCall& call) { return link(call, "0"); }
Value table_link(const FunctionCall& call) { return link(call, "1"); }
Value url_query_escape(const FunctionCall& call) { return call.made(escape_url_query(call.text(0))); }
Value external_url(const FunctionCall& call) { return call.made(call.context.external_url); }
Value path_prefix(const FunctionCall& call) { return call.made(call.context.path_prefix); }
Value strip_port(const FunctionCall& call) { return call.made(without_port(call.text(0))); }
Value strip_domain(const FunctionCall& call) { return call.made(without_domain(call.text(0))); }

constexpr std::array<FunctionInfo, 29> kPrometheusFunctions = {{
    {"args", arguments_by_name, {Type::any}, 1, true},
    {"externalURL", external_url},
    {"first", first_sample, {Type::result}, 1},
    {"graphLink", graph_link, {Type::text}, 1},
    {"humanize", humanize, {Type::any}, 1},
    {"humanize1024", humanize_1024, {Type::any}, 1},
    {"humanizeDuration", humanize_duration, {Type::any}, 1},
    {"humanizePercentage", humanize_percentage, {Type::any}, 1},
    {"humanizeTimestamp", humanize_timestamp, {Type::any}, 1},
    {"label", label_of, {Type::text, Type::sample}, 2},
    {"match", matches, {Type::text, Type::text}, 2},
    {"now", now},
    {"parseDuration", parse_duration, {Type::text}, 1},
    {"pathPrefix", path_prefix},
    {"query", run_query, {Type::text}, 1},
    {"reReplaceAll", replace_all, {Type::text, Type::text, Type::text}, 3},
    {"safeHtml", safe_html, {Type::text}, 1},
    {"sortByLabel", sort_by_label, {Type::text, Type::result}, 2},
    {"stripDomain", strip_domain, {Type::text}, 1},
    {"stripPort", strip_port, {Type::text}, 1},
    {"strvalue", text_of_value, {Type::sample}, 1},
    {"tableLink", table_link, {Type::text}, 1},
    {"title", title, {Type::text}, 1},
    {"toDuration", to_duration, {Type::any}, 1},
    {"toLower", with_letters<lower_case>, {Type::text}, 1},
    {"toTime", to_time, {Type::any}, 1},
    {"toUpper", with_letters<upper_case>, {Type::text}, 1},
    {"urlQueryEscape", url_query_escape, {Type::text}, 1},
    {"value", value_of, {Type::sample}, 1},
}};

}  // namespace

std::span<const FunctionInfo> prometheus_functions() noexcept { return kPrometheusFunctions; }

}  // namespace kymo::KYMO_ABI::alert
