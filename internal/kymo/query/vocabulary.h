#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <kymo/version.h>

/// The words of PromQL, each kind in one table: value types, functions, aggregators and operators. Threads:
/// any. Errors: none but `std::bad_alloc`. Source: Prometheus 3.14, "Querying".
namespace kymo::KYMO_ABI::query {

enum class ValueType : std::uint8_t { scalar, vector, matrix, string };

/// The word that errors use, such as `instant vector`.
[[nodiscard]] std::string_view text_of(ValueType type) noexcept;

struct Function {
  static constexpr std::size_t kMostArguments = 5;
  static constexpr std::uint8_t kUnlimited = 255;

  std::string_view name;
  ValueType result;
  /// Types of the arguments. The last type is that of all further arguments too.
  std::array<ValueType, kMostArguments> types{};
  std::uint8_t type_count = 0;
  std::uint8_t least_arguments = 0;
  std::uint8_t most_arguments = 0;  ///< kUnlimited: no limit
  bool is_experimental = false;
  bool takes_anchored = false;  ///< a range with the modifier `anchored`
  bool takes_smoothed = false;  ///< a range with the modifier `smoothed`

  /// The type of the argument at `index`, counted from 0. Requires `type_count` > 0.
  [[nodiscard]] constexpr ValueType type_at(std::size_t index) const noexcept {
    return types.at(index < type_count ? index : type_count - 1U);
  }
};

/// All functions, sorted by name.
[[nodiscard]] std::span<const Function> functions() noexcept;
/// Null for an unknown name. Names are case-sensitive.
[[nodiscard]] const Function* find_function(std::string_view name) noexcept;
/// The nearest name of a function, for "did you mean"; empty when none is near.
[[nodiscard]] std::string nearest_function(std::string_view name);

struct Aggregator {
  std::string_view name;
  bool has_parameter = false;
  ValueType parameter = ValueType::scalar;
  bool is_experimental = false;
};

/// All aggregators, sorted by name.
[[nodiscard]] std::span<const Aggregator> aggregators() noexcept;
/// Null for an unknown name. The case of letters is ignored.
[[nodiscard]] const Aggregator* find_aggregator(std::string_view name) noexcept;

enum class OperatorKind : std::uint8_t { arithmetic, trimming, comparison, set };

struct BinaryOperator {
  std::string_view text;
  OperatorKind kind;
  std::uint8_t precedence;  ///< higher binds more tightly
  bool is_right_associative = false;
};

/// All binary operators.
[[nodiscard]] std::span<const BinaryOperator> binary_operators() noexcept;
/// Null for an unknown text. The case of letters is ignored.
[[nodiscard]] const BinaryOperator* find_operator(std::string_view text) noexcept;

inline constexpr std::uint8_t kLowestPrecedence = 1;
/// Operators that bind at least this tightly belong to the operand of a sign: `-2 ^ 2` is `-(2 ^ 2)`.
inline constexpr std::uint8_t kPowerPrecedence = 6;

}  // namespace kymo::KYMO_ABI::query
