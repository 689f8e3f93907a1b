#include <kymo/query/result_json.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "histogram_math.h"
#include "number_texts.h"

namespace kymo::KYMO_ABI::query {
namespace {

using base::JsonWriter;

constexpr std::int64_t kSecond = 1000;

/// How the API names the borders that belong to a bucket.
std::int64_t edges_of(const BucketRange& bucket) {
  if (bucket.includes_lower) return bucket.includes_upper ? 3 : 1;
  return bucket.includes_upper ? 0 : 2;
}

void write_buckets(const FloatHistogram& histogram, JsonWriter& json) {
  bool has_begun = false;
  for (std::size_t place = 0; place < bucket_count(histogram); ++place) {
    const BucketRange bucket = bucket_at(histogram, place);
    if (bucket.count == 0) continue;
    if (!has_begun) json.begin_array("buckets");
    has_begun = true;
    json.begin_array();
    json.value(edges_of(bucket));
    write_sample(bucket.lower, json);
    write_sample(bucket.upper, json);
    write_sample(bucket.count, json);
    json.end_array();
  }
  if (has_begun) json.end_array();
}

void write_point(const NumberPoint& point, JsonWriter& json) {
  json.begin_array();
  write_time(point.time_ms, json);
  write_sample(point.value, json);
  json.end_array();
}

void write_point(const HistogramPoint& point, JsonWriter& json) {
  json.begin_array();
  write_time(point.time_ms, json);
  json.begin_object();
  json.key("count");
  write_sample(point.value->count, json);
  json.key("sum");
  write_sample(point.value->sum, json);
  write_buckets(*point.value, json);
  json.end_object();
  json.end_array();
}

template <class Points>
void write_points(std::string_view name, const Points& points, JsonWriter& json,
                  const std::function<void()>& on_part) {
  if (points.empty()) return;
  json.begin_array(name);
  for (const auto& point : points) {
    write_point(point, json);
    on_part();
  }
  json.end_array();
}

void write_instant(const ResultSeries& series, JsonWriter& json) {
  if (!series.histograms.empty()) {
    json.key("histogram");
    write_point(series.histograms.front(), json);
  } else if (!series.numbers.empty()) {
    json.key("value");
    write_point(series.numbers.front(), json);
  }
}

/// The word of the API, which is shorter than that of errors.
std::string_view word_of(ValueType type) {
  switch (type) {
    case ValueType::scalar: return "scalar";
    case ValueType::vector: return "vector";
    case ValueType::matrix: return "matrix";
    case ValueType::string: return "string";
  }
  return "";
}

// The tree of a query.

std::int64_t milliseconds_of(const Duration* duration) {
  if (duration == nullptr) return 0;
  if (duration->kind == Duration::Kind::negate) return -milliseconds_of(duration->right.get());
  if (duration->kind == Duration::Kind::plus) return milliseconds_of(duration->right.get());
  // The parser bounds durations to what milliseconds can hold.
  return duration->is_literal() ? static_cast<std::int64_t>(duration->seconds * 1e3) : 0;
}

void write_strings(std::string_view name, const std::vector<std::string>& texts, JsonWriter& json) {
  json.begin_array(name);
  for (const std::string& text : texts) json.value(std::string_view(text));
  json.end_array();
}

std::string_view text_of(series::Matcher::Kind kind) {
  switch (kind) {
    case series::Matcher::Kind::equal: return "=";
    case series::Matcher::Kind::not_equal: return "!=";
    case series::Matcher::Kind::match: return "=~";
    case series::Matcher::Kind::not_match: return "!~";
  }
  return "";
}

void write_shift(const TimeShift& shift, JsonWriter& json) {
  using At = TimeShift::At;
  json.field("offset", milliseconds_of(shift.offset.get()));
  json.key("timestamp");
  shift.at == At::time ? json.value(shift.at_milliseconds) : json.null();
  json.key("startOrEnd");
  if (shift.at == At::start || shift.at == At::end) {
    json.value(std::string_view(shift.at == At::start ? "start" : "end"));
  } else {
    json.null();
  }
}

void write_selector(const Selector& selector, JsonWriter& json) {
  json.field("name", std::string_view(selector.name));
  json.objects("matchers", selector.matchers, [&](const series::Matcher& matcher) {
    json.field("name", std::string_view(matcher.key()));
    json.field("type", text_of(matcher.kind()));
    json.field("value", std::string_view(matcher.value()));
  });
  write_shift(selector.shift, json);
  json.field("anchored", selector.edges == RangeEdges::anchored);
  json.field("smoothed", selector.edges == RangeEdges::smoothed);
}

std::string_view text_of(Cardinality cardinality) {
  switch (cardinality) {
    case Cardinality::one_to_one: return "one-to-one";
    case Cardinality::many_to_one: return "many-to-one";
    case Cardinality::one_to_many: return "one-to-many";
    case Cardinality::many_to_many: return "many-to-many";
  }
  return "";
}

void write_matching(const std::optional<VectorMatching>& matching, JsonWriter& json) {
  json.key("matching");
  if (!matching) return json.null();
  json.begin_object();
  json.field("card", text_of(matching->cardinality));
  write_strings("labels", matching->labels, json);
  json.field("on", matching->is_on);
  write_strings("include", matching->include, json);
  json.begin_object("fillValues");
  json.field("lhs", matching->fill_left);
  json.field("rhs", matching->fill_right);
  json.end_object();
  json.end_object();
}

void write_function(const Function& function, JsonWriter& json) {
  json.begin_object("func");
  json.field("name", function.name);
  json.begin_array("argTypes");
  for (std::size_t i = 0; i < function.type_count; ++i) json.value(word_of(function.types.at(i)));
  json.end_array();
  const bool has_end = function.most_arguments != Function::kUnlimited;
  json.field("variadic", std::int64_t{has_end ? function.most_arguments - function.least_arguments : -1});
  json.field("returnType", word_of(function.result));
  json.end_object();
}

struct NodeWriter {
  JsonWriter& json;

  void kind(std::string_view type) const { json.field("type", type); }
  void inner(std::string_view name, const ExpressionPtr& expression) const {
    json.key(name);
    expression == nullptr ? json.null() : write_expression(*expression, json);
  }

  void operator()(const NumberLiteral& node) const {
    kind("numberLiteral");
    json.field("val", std::string_view(plain_number_text(node.value)));
  }
  void operator()(const StringLiteral& node) const {
    kind("stringLiteral");
    json.field("val", std::string_view(node.value));
  }
  void operator()(const Selector& node) const {
    kind("vectorSelector");
    write_selector(node, json);
  }
  void operator()(const RangeSelector& node) const {
    kind("matrixSelector");
    json.field("range", milliseconds_of(&node.range));
    write_selector(node.selector, json);
  }
  void operator()(const Subquery& node) const {
    kind("subquery");
    inner("expr", node.operand);
    json.field("range", milliseconds_of(&node.range));
    json.field("step", milliseconds_of(node.step ? &*node.step : nullptr));
    write_shift(node.shift, json);
  }
  void operator()(const Parenthesized& node) const {
    kind("parenExpr");
    inner("expr", node.operand);
  }
  void operator()(const Unary& node) const {
    kind("unaryExpr");
    json.field("op", std::string_view(node.is_negative ? "-" : "+"));
    inner("expr", node.operand);
  }
  void operator()(const Binary& node) const {
    kind("binaryExpr");
    json.field("op", node.op->text);
    inner("lhs", node.left);
    inner("rhs", node.right);
    write_matching(node.matching, json);
    json.field("bool", node.returns_bool);
  }
  void operator()(const Aggregation& node) const {
    kind("aggregation");
    json.field("op", node.op->name);
    inner("expr", node.operand);
    inner("param", node.parameter);
    write_strings("grouping", node.labels, json);
    json.field("without", node.is_without);
  }
  void operator()(const Call& node) const {
    kind("call");
    write_function(*node.function, json);
    json.begin_array("args");
    for (const ExpressionPtr& argument : node.arguments) write_expression(*argument, json);
    json.end_array();
  }
};

}  // namespace

void write_time(std::int64_t time_ms, JsonWriter& json) {
  const std::int64_t rest = time_ms % kSecond;
  std::string text = time_ms < 0 && time_ms / kSecond == 0 ? "-0" : std::to_string(time_ms / kSecond);
  if (rest != 0) {
    const std::string digits = std::to_string(rest < 0 ? -rest : rest);
    text.append(".").append(3 - digits.size(), '0').append(digits);
  }
  json.raw(text);
}

void write_sample(double value, JsonWriter& json) { json.value(std::string_view(sample_text(value))); }

void write_labels(const series::LabelSet& labels, JsonWriter& json) {
  json.begin_object();
  for (const Label& label : labels) json.field(label.key, label.value);
  json.end_object();
}

void write_result(const QueryResult& result, std::int64_t time_ms, JsonWriter& json,
                  const std::function<void()>& on_part) {
  json.field("resultType", word_of(result.type));
  json.begin_array("result");
  if (result.type == ValueType::scalar || result.type == ValueType::string) {
    write_time(time_ms, json);
    if (result.type == ValueType::scalar) {
      write_sample(result.scalar, json);
    } else {
      json.value(std::string_view(result.text));
    }
  }
  for (const ResultSeries& series : result.series) {
    json.begin_object();
    json.key("metric");
    write_labels(series.labels, json);
    if (result.type == ValueType::vector) {
      write_instant(series, json);
    } else {
      write_points("values", series.numbers, json, on_part);
      write_points("histograms", series.histograms, json, on_part);
    }
    json.end_object();
    on_part();
  }
  json.end_array();
}

void write_expression(const Expression& expression, JsonWriter& json) {
  json.begin_object();
  std::visit(NodeWriter{json}, expression.node);
  json.end_object();
}

}  // namespace kymo::KYMO_ABI::query
