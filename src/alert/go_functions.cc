// The functions of Go's text/template.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include <kymo/query/quoting.h>

#include "go_printer.h"
#include "go_text.h"
#include "template_functions.h"
#include "text_escapes.h"

namespace kymo::KYMO_ABI::alert {
namespace {

using Type = ParameterType;

std::string type_text(const Value& value) { return std::string(type_name(value)); }

// ---- parts ----

std::size_t index_within(const Value& index, std::size_t size) {
  const auto* whole = index.get<Whole>();
  if (whole == nullptr || whole->is_pointer)
    throw FunctionError("the index is of type " + type_text(index) + "; expected a whole number");
  if (whole->value < 0 || std::cmp_greater(whole->value, size))
    throw FunctionError("index " + std::to_string(whole->value) + " is out of range, the size is " +
                        std::to_string(size));
  return static_cast<std::size_t>(whole->value);
}

std::size_t element_within(const Value& index, std::size_t size) {
  const std::size_t at = index_within(index, size);
  if (at == size)
    throw FunctionError("index " + std::to_string(at) + " is out of range, the size is " +
                        std::to_string(size));
  return at;
}

Value index_once(const Value& item, const Value& index) {
  if (const auto* text = item.get<Text>()) {
    const std::size_t at = element_within(index, text->text->size());
    return whole_value(static_cast<unsigned char>((*text->text)[at]), WholeType::byte);
  }
  if (const auto* slice = item.get<ResultSlice>())
    return {(*slice->samples)[slice->begin + element_within(index, slice->size())]};
  const bool is_map =
      item.get<LabelMap>() != nullptr || item.get<std::shared_ptr<const ArgumentMap>>() != nullptr;
  if (!is_map) throw FunctionError("a value of type " + type_text(item) + " has no elements");
  const auto* key = index.get<Text>();
  if (key == nullptr || key->is_html)
    throw FunctionError("the key is of type " + type_text(index) + "; expected text in quotes");
  return member_of(item, *key->text);
}

Value index_of(const FunctionCall& call) {
  Value item = call.values.front();
  if (item.empty()) throw FunctionError("there is no value to take an element of");
  for (const Value& index : call.values.subspan(1)) {
    if (item.empty()) throw FunctionError("there is no value to take an element of");
    item = index_once(item, index);
  }
  return item;
}

Value slice_of(const FunctionCall& call) {
  const Value& item = call.values.front();
  const auto indexes = call.values.subspan(1);
  const auto* text = item.get<Text>();
  const auto* result = item.get<ResultSlice>();
  if (text == nullptr && result == nullptr)
    throw FunctionError("a value of type " + type_text(item) + " has no parts; expected text or a result");
  if (indexes.size() > 3 || (indexes.size() == 3 && text != nullptr))
    throw FunctionError("too many indexes; give the begin and the end");
  const std::size_t size = text != nullptr ? text->text->size() : result->size();
  const std::size_t most = text != nullptr ? size : result->samples->size() - result->begin;
  std::array<std::size_t, 3> at = {0, size, most};
  for (std::size_t i = 0; i < indexes.size(); ++i) at.at(i) = index_within(indexes[i], most);
  if (at[0] > at[1] || at[1] > at[2])
    throw FunctionError("index " + std::to_string(at[0]) + " is behind " + std::to_string(at[1]) +
                        "; begin before the end");
  if (text != nullptr) {
    Value part = call.made(text->text->substr(at[0], at[1] - at[0]));
    std::get<Text>(part.is).is_html = text->is_html;
    return part;
  }
  return {ResultSlice{result->samples, result->begin + at[0], result->begin + at[1]}};
}

Value length_of(const FunctionCall& call) {
  const Value& item = call.values.front();
  const auto whole = [](std::size_t size) { return whole_value(static_cast<std::int64_t>(size)); };
  if (const auto* text = item.get<Text>()) return whole(text->text->size());
  if (const auto* slice = item.get<ResultSlice>()) return whole(slice->size());
  if (const auto* map = item.get<std::shared_ptr<const ArgumentMap>>()) return whole((*map)->values.size());
  if (const auto* labels = item.get<LabelMap>())
    return whole(static_cast<std::size_t>(std::ranges::distance((*labels)->begin(), (*labels)->end())));
  throw FunctionError("a value of type " + type_text(item) + " has no length");
}

// ---- comparisons ----

enum class Kind : std::uint8_t { other, truth, complex, signed_number, real, text, unsigned_number };

Kind kind_of(const Value& value) {
  if (value.get<bool>() != nullptr) return Kind::truth;
  if (value.get<Complex>() != nullptr) return Kind::complex;
  if (value.get<double>() != nullptr) return Kind::real;
  if (value.get<Text>() != nullptr) return Kind::text;
  if (const auto* whole = value.get<Whole>(); whole != nullptr && !whole->is_pointer)
    return whole->type == WholeType::byte ? Kind::unsigned_number : Kind::signed_number;
  return Kind::other;
}

bool is_whole(Kind kind) { return kind == Kind::signed_number || kind == Kind::unsigned_number; }

[[noreturn]] void refuse_comparison(const Value& a, const Value& b) {
  std::string text = type_text(a) + " and " + type_text(b) + " do not compare";
  if ((kind_of(a) == Kind::real && is_whole(kind_of(b))) ||
      (kind_of(b) == Kind::real && is_whole(kind_of(a))))
    text += "; write the whole number with a point, such as 1.0";
  throw FunctionError(text);
}

bool is_same_object(const Value& a, const Value& b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  if (const auto* one = a.get<SamplePointer>()) {
    const auto* two = b.get<SamplePointer>();
    return two != nullptr && *one == *two;
  }
  const auto* one = a.get<Instant>();
  const auto* two = b.get<Instant>();
  if (one != nullptr && two != nullptr)
    return !one->is_pointer && !two->is_pointer && one->seconds == two->seconds &&
           one->nanoseconds == two->nanoseconds;
  if (a.get<Whole>() != nullptr && b.get<Whole>() != nullptr) return false;  // two pointers
  refuse_comparison(a, b);
}

bool are_equal(const Value& a, const Value& b) {
  const Kind kind = kind_of(a);
  const Kind other = kind_of(b);
  if (is_whole(kind) && is_whole(other)) return a.get<Whole>()->value == b.get<Whole>()->value;
  if (kind != other) {
    if (a.empty() || b.empty()) return false;
    refuse_comparison(a, b);
  }
  switch (kind) {
    case Kind::truth: return *a.get<bool>() == *b.get<bool>();
    case Kind::real: return *a.get<double>() == *b.get<double>();
    case Kind::text: return *a.get<Text>()->text == *b.get<Text>()->text;
    case Kind::complex:
      return a.get<Complex>()->real == b.get<Complex>()->real &&
             a.get<Complex>()->imaginary == b.get<Complex>()->imaginary;
    default: return is_same_object(a, b);
  }
}

bool is_less(const Value& a, const Value& b) {
  const Kind kind = kind_of(a);
  const Kind other = kind_of(b);
  if (is_whole(kind) && is_whole(other)) return a.get<Whole>()->value < b.get<Whole>()->value;
  if (kind == other && kind == Kind::real) return *a.get<double>() < *b.get<double>();
  if (kind == other && kind == Kind::text) return *a.get<Text>()->text < *b.get<Text>()->text;
  refuse_comparison(a, b);
}

Value equal(const FunctionCall& call) {
  if (call.values.size() < 2) throw FunctionError("there is nothing to compare with; give two values");
  const auto others = call.values.subspan(1);
  return {std::ranges::any_of(others, [&](const Value& one) { return are_equal(call.values[0], one); })};
}

Value not_equal(const FunctionCall& call) { return {!are_equal(call.values[0], call.values[1])}; }
Value less(const FunctionCall& call) { return {is_less(call.values[0], call.values[1])}; }
Value not_less(const FunctionCall& call) { return {!is_less(call.values[0], call.values[1])}; }

bool is_at_most(const FunctionCall& call) {
  return is_less(call.values[0], call.values[1]) || are_equal(call.values[0], call.values[1]);
}

Value at_most(const FunctionCall& call) { return {is_at_most(call)}; }
Value more(const FunctionCall& call) { return {!is_at_most(call)}; }
Value negation(const FunctionCall& call) { return {!is_true(call.values.front())}; }

// ---- texts ----

Value print(const FunctionCall& call) {
  return call.made(go_print(call.values, call.effort.limits().most_output));
}

Value print_line(const FunctionCall& call) {
  return call.made(go_println(call.values, call.effort.limits().most_output));
}

Value print_format(const FunctionCall& call) {
  return call.made(go_printf(call.text(0), call.values.subspan(1), call.effort.limits().most_output));
}

/// The text that html, js and urlquery escape.
std::string joined(const FunctionCall& call) {
  const auto* only = call.values.size() == 1 ? call.values.front().get<Text>() : nullptr;
  if (only != nullptr) return *only->text;
  std::vector<Value> values;
  for (const Value& value : call.values) values.push_back(value.empty() ? text_value("<no value>") : value);
  return go_print(values, call.effort.limits().most_output);
}

Value html(const FunctionCall& call) { return call.made(escape_html(joined(call))); }
Value script(const FunctionCall& call) { return call.made(escape_script(joined(call))); }
Value url_query(const FunctionCall& call) { return call.made(escape_url_query(joined(call))); }

Value refuse_call(const FunctionCall& call) {
  throw FunctionError("a value of type " + type_text(call.values.front()) +
                      " is no function; write the function's name alone");
}

constexpr std::array<FunctionInfo, 19> kGoFunctions = {{
    {"and", nullptr, {Type::any, Type::any}, 2, true},
    {"call", refuse_call, {Type::any, Type::any}, 2, true},
    {"eq", equal, {Type::any, Type::any}, 2, true},
    {"ge", not_less, {Type::any, Type::any}, 2},
    {"gt", more, {Type::any, Type::any}, 2},
    {"html", html, {Type::any}, 1, true},
    {"index", index_of, {Type::any, Type::any}, 2, true},
    {"js", script, {Type::any}, 1, true},
    {"le", at_most, {Type::any, Type::any}, 2},
    {"len", length_of, {Type::any}, 1},
    {"lt", less, {Type::any, Type::any}, 2},
    {"ne", not_equal, {Type::any, Type::any}, 2},
    {"not", negation, {Type::any}, 1},
    {"or", nullptr, {Type::any, Type::any}, 2, true},
    {"print", print, {Type::any}, 1, true},
    {"printf", print_format, {Type::text, Type::any}, 2, true},
    {"println", print_line, {Type::any}, 1, true},
    {"slice", slice_of, {Type::any, Type::any}, 2, true},
    {"urlquery", url_query, {Type::any}, 1, true},
}};

}  // namespace

std::span<const FunctionInfo> go_functions() noexcept { return kGoFunctions; }

}  // namespace kymo::KYMO_ABI::alert
