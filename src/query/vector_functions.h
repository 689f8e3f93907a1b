#pragma once

#include <string_view>

#include <kymo/query/expression.h>

#include "evaluator.h"

namespace kymo::KYMO_ABI::query {

/// Evaluates a call that the function of one name makes of whole vectors.
using VectorFunction = void (*)(Evaluator&, const Expression&, const Call&, const Evaluator::Consumer&);

/// Null for a name that no such function has.
[[nodiscard]] VectorFunction find_number_function(std::string_view name) noexcept;
[[nodiscard]] VectorFunction find_label_function(std::string_view name) noexcept;
[[nodiscard]] VectorFunction find_histogram_function(std::string_view name) noexcept;

/// `info`: adds the labels of info metrics. Source: Prometheus 3.14, "info()".
void evaluate_info(Evaluator& evaluator, const Expression& expression, const Call& node,
                   const Evaluator::Consumer& consumer);

/// The labels that absent() gives: those that the selector names exactly.
[[nodiscard]] series::LabelSet labels_of_absent(const Expression& argument);

/// The text of an argument that is a literal.
[[nodiscard]] const std::string& text_argument(const Call& node, std::size_t place);

}  // namespace kymo::KYMO_ABI::query
