#include "template_value.h"

#include <utility>

namespace kymo::KYMO_ABI::alert {
namespace {

std::string_view whole_type_name(const Whole& whole) noexcept {
  switch (whole.type) {
    case WholeType::whole: return "int";
    case WholeType::whole64: return "int64";
    case WholeType::byte: return "uint8";
    case WholeType::month: return "time.Month";
    case WholeType::weekday: return "time.Weekday";
    case WholeType::duration: return whole.is_pointer ? "*time.Duration" : "time.Duration";
  }
  return "int";
}

}  // namespace

Value text_value(std::string text) { return {Text{std::make_shared<const std::string>(std::move(text))}}; }

Value whole_value(std::int64_t value, WholeType type) { return {Whole{value, type}}; }

Value label_map(series::LabelSet labels) {
  return {std::make_shared<const series::LabelSet>(std::move(labels))};
}

std::string_view type_name(const Value& value) noexcept {
  if (const auto* whole = value.get<Whole>()) return whole_type_name(*whole);
  if (const auto* text = value.get<Text>()) return text->is_html ? "template.HTML" : "string";
  if (const auto* instant = value.get<Instant>()) return instant->is_pointer ? "*time.Time" : "time.Time";
  if (value.get<bool>() != nullptr) return "bool";
  if (value.get<double>() != nullptr) return "float64";
  if (value.get<Complex>() != nullptr) return "complex128";
  if (value.get<LabelMap>() != nullptr) return "map[string]string";
  if (value.get<std::shared_ptr<const ArgumentMap>>() != nullptr) return "map[string]interface {}";
  if (value.get<SamplePointer>() != nullptr) return "*template.sample";
  if (value.get<ResultSlice>() != nullptr) return "template.queryResult";
  if (value.get<RootData>() != nullptr)
    return "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value "
           "interface {} }";
  return "<nil>";
}

bool is_true(const Value& value) noexcept {
  if (const auto* truth = value.get<bool>()) return *truth;
  if (const auto* whole = value.get<Whole>()) return whole->is_pointer || whole->value != 0;
  if (const auto* number = value.get<double>()) return *number != 0;
  if (const auto* number = value.get<Complex>()) return number->real != 0 || number->imaginary != 0;
  if (const auto* text = value.get<Text>()) return !text->text->empty();
  if (const auto* labels = value.get<LabelMap>()) return !(*labels)->empty();
  if (const auto* map = value.get<std::shared_ptr<const ArgumentMap>>()) return !(*map)->values.empty();
  if (const auto* slice = value.get<ResultSlice>()) return slice->size() != 0;
  return !value.empty();
}

}  // namespace kymo::KYMO_ABI::alert
