#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::alert {

/// A regular expression of RE2, as Go's package regexp takes it. Cost: linear in the texts.
class Expression final {
 public:
  /// Errors: throws FunctionError for a malformed expression, and for one that needs too much memory.
  explicit Expression(const std::string& expression);
  ~Expression();
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  /// Whether any part of the text matches.
  [[nodiscard]] bool matches(std::string_view text) const;
  /// Replaces each match. `$1`, `${1}` and `$name` in the replacement are groups, `$$` is a `$`.
  /// Errors: throws TextTooLong past `limit` bytes.
  [[nodiscard]] std::string replace_all(std::string_view text, std::string_view replacement,
                                        std::size_t limit) const;

 private:
  class Pattern;
  std::unique_ptr<const Pattern> pattern_;
};

}  // namespace kymo::KYMO_ABI::alert
