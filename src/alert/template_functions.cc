#include "template_functions.h"

#include <algorithm>
#include <vector>

#include <kymo/core/names.h>
#include <kymo/query/quoting.h>

namespace kymo::KYMO_ABI::alert {
namespace {

/// Bytes of text that count as one step.
constexpr std::size_t kBytesOfStep = 64;

const FunctionInfo* find_in(std::span<const FunctionInfo> functions, std::string_view name) noexcept {
  const auto found = std::ranges::find(functions, name, &FunctionInfo::name);
  return found == functions.end() ? nullptr : &*found;
}

std::string no_member(const Value& receiver, const std::string& name, const std::vector<std::string>& known) {
  std::string text = std::string(type_name(receiver)) + " has no field " + query::quote(name);
  if (receiver.get<RootData>() != nullptr) text = "the data of an alert has no field " + query::quote(name);
  const std::string near = nearest_name(name, known);
  if (!near.empty()) return text + "; did you mean \"" + near + "\"?";
  if (known.empty()) return text + "; remove it";
  text += "; expected one of";
  for (const std::string& one : known) text += ' ' + one;
  return text;
}

}  // namespace

void Effort::step(std::size_t bytes) {
  steps_ += 1 + bytes / kBytesOfStep;
  if (steps_ > limits_.most_steps)
    throw FunctionError("takes more than " + std::to_string(limits_.most_steps) +
                        " steps; let a query do the work");
}

void Effort::query() {
  if (++queries_ > limits_.most_queries)
    throw FunctionError("runs more than " + std::to_string(limits_.most_queries) +
                        " queries; fetch all series with one");
}

std::string_view word_of(ParameterType type) noexcept {
  switch (type) {
    case ParameterType::any: return "a value";
    case ParameterType::text: return "text";
    case ParameterType::sample: return "a sample of a query";
    case ParameterType::result: return "the result of a query";
    case ParameterType::whole: return "a whole number";
    case ParameterType::duration: return "a duration";
    case ParameterType::instant: return "a time";
  }
  return "a value";
}

const FunctionInfo* find_template_function(std::string_view name) noexcept {
  const FunctionInfo* const found = find_in(prometheus_functions(), name);
  return found != nullptr ? found : find_in(go_functions(), name);
}

std::string remedy_of_unknown_function(std::string_view name) {
  std::vector<std::string> known;
  for (const auto functions : {go_functions(), prometheus_functions()})
    for (const FunctionInfo& one : functions) known.emplace_back(one.name);
  const std::string near = nearest_name(name, known);
  if (!near.empty()) return "; did you mean \"" + near + "\"?";
  return "; texts stand in quotes, and labels are written as \"$labels.NAME\"";
}

Value member_of(const Value& receiver, const std::string& name) {
  if (receiver.empty()) return {};
  if (const auto* root = receiver.get<RootData>()) {
    const TemplateContext& data = *root->context;
    if (name == "Labels") return label_map(data.labels);
    if (name == "ExternalLabels") return label_map(data.external_labels);
    if (name == "ExternalURL") return text_value(data.external_url);
    if (name == "Value") return {data.value};
    throw FunctionError(no_member(receiver, name, {"Labels", "ExternalLabels", "ExternalURL", "Value"}));
  }
  if (const auto* labels = receiver.get<LabelMap>()) return text_value(std::string((*labels)->get(name)));
  if (const auto* map = receiver.get<std::shared_ptr<const ArgumentMap>>()) {
    const auto found = (*map)->values.find(name);
    return found == (*map)->values.end() ? Value() : found->second;
  }
  if (const auto* sample = receiver.get<SamplePointer>()) {
    if (name == "Labels") return label_map((*sample)->labels);
    if (name == "Value") return {(*sample)->value};
    throw FunctionError(no_member(receiver, name, {"Labels", "Value"}));
  }
  throw FunctionError(no_member(receiver, name, {}));
}

}  // namespace kymo::KYMO_ABI::alert
