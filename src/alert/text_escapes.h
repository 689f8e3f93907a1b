#pragma once

#include <string>
#include <string_view>

#include <kymo/version.h>

/// Escapes as Go's packages have them. Threads: any. Errors: `std::bad_alloc` only.
namespace kymo::KYMO_ABI::alert {

/// template.HTMLEscapeString().
[[nodiscard]] std::string escape_html(std::string_view text);
/// template.JSEscapeString().
[[nodiscard]] std::string escape_script(std::string_view text);
/// url.QueryEscape(): a space becomes `+`.
[[nodiscard]] std::string escape_url_query(std::string_view text);

}  // namespace kymo::KYMO_ABI::alert
