#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "template_value.h"

namespace kymo::KYMO_ABI::alert {

/// Why a function has no result: the cause, and the remedy. The caller knows the place.
class FunctionError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Counts the work of one expansion.
class Effort final {
 public:
  explicit Effort(const TemplateLimits& limits) : limits_(limits) {}

  /// Errors: throws FunctionError past the limit.
  void step(std::size_t bytes = 0);
  void query();
  [[nodiscard]] const TemplateLimits& limits() const noexcept { return limits_; }

 private:
  const TemplateLimits& limits_;
  std::uint64_t steps_ = 0;
  std::size_t queries_ = 0;
};

enum class ParameterType : std::uint8_t { any, text, sample, result, whole, duration, instant };

/// The word for an error, such as `text`.
[[nodiscard]] std::string_view word_of(ParameterType type) noexcept;

struct FunctionCall {
  const TemplateContext& context;
  Effort& effort;
  std::span<const Value> values;  ///< of the types that the function declares

  [[nodiscard]] const std::string& text(std::size_t at) const { return *values[at].get<Text>()->text; }
  /// Text that the call made; counts as work.
  [[nodiscard]] Value made(std::string text) const {
    effort.step(text.size());
    return text_value(std::move(text));
  }
};

struct FunctionInfo {
  using Run = Value (*)(const FunctionCall&);

  std::string_view name;
  Run run = nullptr;  ///< null: `and` and `or`, of which the executor evaluates no more than it needs
  std::array<ParameterType, 3> parameters{};
  std::uint8_t count = 0;   ///< of parameters
  bool takes_more = false;  ///< any number of the last parameter, or none

  [[nodiscard]] ParameterType type_at(std::size_t index) const noexcept {
    return parameters.at(index < count ? index : count - 1U);
  }
  [[nodiscard]] std::size_t least() const noexcept { return takes_more ? count - 1U : count; }
};

/// The functions of Go's text/template, and those of Prometheus.
[[nodiscard]] std::span<const FunctionInfo> go_functions() noexcept;
[[nodiscard]] std::span<const FunctionInfo> prometheus_functions() noexcept;

/// Null for an unknown name.
[[nodiscard]] const FunctionInfo* find_template_function(std::string_view name) noexcept;
/// The end of an error about this name: `; did you mean …?`.
[[nodiscard]] std::string remedy_of_unknown_function(std::string_view name);

/// A method of an instant, a duration, a month or a weekday, called with the receiver as its first value.
/// Null where the value's type has none of this name.
[[nodiscard]] const FunctionInfo* find_method(const Value& receiver, std::string_view name) noexcept;

/// The value of a member; throws FunctionError where the type has none of this name.
[[nodiscard]] Value member_of(const Value& receiver, const std::string& name);

}  // namespace kymo::KYMO_ABI::alert
