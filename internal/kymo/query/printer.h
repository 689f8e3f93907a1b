#pragma once

#include <string>

#include <kymo/query/expression.h>

namespace kymo::KYMO_ABI::query {

/// The query on one line, in the canonical form of Prometheus. parse() reads the same tree back. Threads:
/// any. Errors: none but `std::bad_alloc`.
[[nodiscard]] std::string print(const Expression& expression);

/// The query on as many lines as it needs to have at most 100 characters a line where possible. Otherwise as
/// print().
[[nodiscard]] std::string pretty_print(const Expression& expression);

}  // namespace kymo::KYMO_ABI::query
