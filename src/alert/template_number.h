#pragma once

#include "template_lexer.h"
#include "template_tree.h"

namespace kymo::KYMO_ABI::alert {

/// Reads a token of the kinds `number`, `complex_number` or `character_constant`. Errors: throws
/// TemplateError. Source: Go's literals of numbers, with `_` and the bases 2, 8 and 16.
[[nodiscard]] NumberConstant read_number(const Token& token);

/// As Go's strconv.ParseFloat(): decimal or hexadecimal, `inf`, `nan`. Nothing for other texts and out of
/// range.
[[nodiscard]] std::optional<double> parse_go_float(std::string_view text);

}  // namespace kymo::KYMO_ABI::alert
