#include <kymo/query/vocabulary.h>

#include <algorithm>
#include <utility>
#include <vector>

#include <kymo/base/ascii.h>
#include <kymo/core/names.h>

namespace kymo::KYMO_ABI::query {
namespace {

using enum ValueType;

/// A Function while its row is written: `s`, `v`, `m` and `t` are the types of arguments.
struct Row : Function {
  [[nodiscard]] constexpr Row takes(std::uint8_t least, std::uint8_t most) const {
    Row changed = *this;
    changed.least_arguments = least;
    changed.most_arguments = most;
    return changed;
  }
  [[nodiscard]] constexpr Row experimental() const {
    Row changed = *this;
    changed.is_experimental = true;
    return changed;
  }
  [[nodiscard]] constexpr Row anchored() const {
    Row changed = *this;
    changed.takes_anchored = true;
    return changed;
  }
  [[nodiscard]] constexpr Row smoothed() const {
    Row changed = *this;
    changed.takes_smoothed = true;
    return changed;
  }
};

constexpr ValueType type_of(char letter) {
  switch (letter) {
    case 's': return scalar;
    case 'v': return vector;
    case 'm': return matrix;
    default: return string;
  }
}

constexpr Row row(std::string_view name, std::string_view types, ValueType result) {
  Row made;
  made.name = name;
  made.result = result;
  for (std::size_t i = 0; i < types.size(); ++i) made.types.at(i) = type_of(types[i]);
  const auto count = static_cast<std::uint8_t>(types.size());
  made.type_count = count;
  made.least_arguments = count;
  made.most_arguments = count;
  return made;
}

template <class... Rows>
constexpr std::array<Function, sizeof...(Rows)> table_of(const Rows&... rows) {
  return {rows...};
}

// clang-format off
constexpr auto kFunctions = table_of(
    row("abs", "v", vector),
    row("absent", "v", vector),
    row("absent_over_time", "m", vector),
    row("acos", "v", vector),
    row("acosh", "v", vector),
    row("asin", "v", vector),
    row("asinh", "v", vector),
    row("atan", "v", vector),
    row("atanh", "v", vector),
    row("avg_over_time", "m", vector),
    row("ceil", "v", vector),
    row("changes", "m", vector).anchored(),
    row("clamp", "vss", vector),
    row("clamp_max", "vs", vector),
    row("clamp_min", "vs", vector),
    row("cos", "v", vector),
    row("cosh", "v", vector),
    row("count_over_time", "m", vector),
    row("day_of_month", "v", vector).takes(0, 1),
    row("day_of_week", "v", vector).takes(0, 1),
    row("day_of_year", "v", vector).takes(0, 1),
    row("days_in_month", "v", vector).takes(0, 1),
    row("deg", "v", vector),
    row("delta", "m", vector).anchored().smoothed(),
    row("deriv", "m", vector),
    row("double_exponential_smoothing", "mss", vector).experimental(),
    row("end", "", scalar).experimental(),
    row("exp", "v", vector),
    row("first_over_time", "m", vector),
    row("floor", "v", vector),
    row("histogram_avg", "v", vector),
    row("histogram_count", "v", vector),
    row("histogram_fraction", "ssv", vector),
    row("histogram_quantile", "sv", vector),
    row("histogram_quantiles", "vtss", vector).takes(3, 12).experimental(),
    row("histogram_stddev", "v", vector),
    row("histogram_stdvar", "v", vector),
    row("histogram_sum", "v", vector),
    row("hour", "v", vector).takes(0, 1),
    row("idelta", "m", vector),
    row("increase", "m", vector).anchored().smoothed(),
    row("info", "vv", vector).takes(1, 2).experimental(),
    row("irate", "m", vector),
    row("label_join", "vttt", vector).takes(3, Function::kUnlimited),
    row("label_replace", "vtttt", vector),
    row("last_over_time", "m", vector),
    row("ln", "v", vector),
    row("log10", "v", vector),
    row("log2", "v", vector),
    row("mad_over_time", "m", vector).experimental(),
    row("max_of", "ss", scalar).experimental(),
    row("max_over_time", "m", vector),
    row("min_of", "ss", scalar).experimental(),
    row("min_over_time", "m", vector),
    row("minute", "v", vector).takes(0, 1),
    row("month", "v", vector).takes(0, 1),
    row("pi", "", scalar),
    row("predict_linear", "ms", vector),
    row("present_over_time", "m", vector),
    row("quantile_over_time", "sm", vector),
    row("rad", "v", vector),
    row("range", "", scalar).experimental(),
    row("rate", "m", vector).anchored().smoothed(),
    row("resets", "m", vector).anchored(),
    row("round", "vs", vector).takes(1, 2),
    row("scalar", "v", scalar),
    row("sgn", "v", vector),
    row("sin", "v", vector),
    row("sinh", "v", vector),
    row("sort", "v", vector),
    row("sort_by_label", "vt", vector).takes(1, Function::kUnlimited).experimental(),
    row("sort_by_label_desc", "vt", vector).takes(1, Function::kUnlimited).experimental(),
    row("sort_desc", "v", vector),
    row("sqrt", "v", vector),
    row("start", "", scalar).experimental(),
    row("start_timestamp", "v", vector).experimental(),
    row("stddev_over_time", "m", vector),
    row("stdvar_over_time", "m", vector),
    row("step", "", scalar).experimental(),
    row("sum_over_time", "m", vector),
    row("tan", "v", vector),
    row("tanh", "v", vector),
    row("time", "", scalar),
    row("timestamp", "v", vector),
    row("ts_of_first_over_time", "m", vector).experimental(),
    row("ts_of_last_over_time", "m", vector).experimental(),
    row("ts_of_max_over_time", "m", vector).experimental(),
    row("ts_of_min_over_time", "m", vector).experimental(),
    row("vector", "s", vector),
    row("year", "v", vector).takes(0, 1)
);
// clang-format on
static_assert(std::ranges::is_sorted(kFunctions, {}, &Function::name));

constexpr std::array kAggregators = {
    Aggregator{"avg"},
    Aggregator{"bottomk", true},
    Aggregator{"count"},
    Aggregator{"count_values", true, string},
    Aggregator{"group"},
    Aggregator{"limit_ratio", true, scalar, true},
    Aggregator{"limitk", true, scalar, true},
    Aggregator{"max"},
    Aggregator{"min"},
    Aggregator{"quantile", true},
    Aggregator{"stddev"},
    Aggregator{"stdvar"},
    Aggregator{"sum"},
    Aggregator{"topk", true},
};
static_assert(std::ranges::is_sorted(kAggregators, {}, &Aggregator::name));

constexpr std::array kOperators = {
    BinaryOperator{"or", OperatorKind::set, kLowestPrecedence},
    BinaryOperator{"and", OperatorKind::set, 2},
    BinaryOperator{"unless", OperatorKind::set, 2},
    BinaryOperator{"==", OperatorKind::comparison, 3},
    BinaryOperator{"!=", OperatorKind::comparison, 3},
    BinaryOperator{"<", OperatorKind::comparison, 3},
    BinaryOperator{"<=", OperatorKind::comparison, 3},
    BinaryOperator{">", OperatorKind::comparison, 3},
    BinaryOperator{">=", OperatorKind::comparison, 3},
    BinaryOperator{"</", OperatorKind::trimming, 3},
    BinaryOperator{">/", OperatorKind::trimming, 3},
    BinaryOperator{"+", OperatorKind::arithmetic, 4},
    BinaryOperator{"-", OperatorKind::arithmetic, 4},
    BinaryOperator{"*", OperatorKind::arithmetic, 5},
    BinaryOperator{"/", OperatorKind::arithmetic, 5},
    BinaryOperator{"%", OperatorKind::arithmetic, 5},
    BinaryOperator{"atan2", OperatorKind::arithmetic, 5},
    BinaryOperator{"^", OperatorKind::arithmetic, kPowerPrecedence, true},
};

/// The row whose text or name is `wanted`; null where there is none.
template <class Rows, class Name>
auto find_ignoring_case(const Rows& rows, std::string_view wanted, Name name) noexcept
    -> decltype(rows.data()) {
  const auto found = std::ranges::find_if(
      rows, [&](std::string_view one) { return base::equals_ignoring_case(one, wanted); }, name);
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

std::string_view text_of(ValueType type) noexcept {
  switch (type) {
    case scalar: return "scalar";
    case vector: return "instant vector";
    case matrix: return "range vector";
    case string: return "string";
  }
  return "unknown";
}

std::span<const Function> functions() noexcept { return kFunctions; }

const Function* find_function(std::string_view name) noexcept {
  const auto found = std::ranges::lower_bound(kFunctions, name, {}, &Function::name);
  return found != kFunctions.end() && found->name == name ? &*found : nullptr;
}

std::string nearest_function(std::string_view name) {
  constexpr std::size_t kLongestName = 64;
  if (name.size() > kLongestName) return {};
  std::vector<std::string> known;
  for (const Function& one : kFunctions) known.emplace_back(one.name);
  for (const Aggregator& one : kAggregators) known.emplace_back(one.name);
  // `rat` is as far from `rad` as from `rate`, but who types stops early rather than errs.
  constexpr std::size_t kMostMissing = 2;
  const std::string typed = base::lower(name);
  const auto begun = std::ranges::find_if(known, [&](const std::string& one) {
    return one.starts_with(typed) && one.size() <= typed.size() + kMostMissing;
  });
  return begun != known.end() && typed.size() > 1 ? *begun : nearest_name(typed, known);
}

std::span<const Aggregator> aggregators() noexcept { return kAggregators; }

const Aggregator* find_aggregator(std::string_view name) noexcept {
  return find_ignoring_case(kAggregators, name, &Aggregator::name);
}

std::span<const BinaryOperator> binary_operators() noexcept { return kOperators; }

const BinaryOperator* find_operator(std::string_view text) noexcept {
  return find_ignoring_case(kOperators, text, &BinaryOperator::text);
}

}  // namespace kymo::KYMO_ABI::query
