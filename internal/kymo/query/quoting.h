#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::query {

/// The text of a literal, its quotes among it: `"…"` and `'…'` with escapes as Go has them, or `` `…` `` as
/// it stands. Nothing for a malformed literal; `fault` then has the cause. Threads: any.
[[nodiscard]] std::optional<std::string> unquote(std::string_view literal, std::string_view& fault);

/// The literal in double quotes that unquote() reads back. Bytes outside UTF-8 become `\xNN`. Threads: any.
[[nodiscard]] std::string quote(std::string_view text);

/// A label's name as it stands where it is a plain one, else quoted.
[[nodiscard]] std::string label_name_text(std::string_view name);

/// Whether a name needs no quotes: letters, digits and `_`, not a digit first. Threads: any.
[[nodiscard]] bool is_plain_label_name(std::string_view name) noexcept;
/// The same for the name of a metric, which may have `:`.
[[nodiscard]] bool is_plain_metric_name(std::string_view name) noexcept;

}  // namespace kymo::KYMO_ABI::query
