#pragma once

#include <string_view>

#include "template_tree.h"

namespace kymo::KYMO_ABI::alert {

/// Parses a template in which `$labels`, `$externalLabels`, `$externalURL` and `$value` are declared, as
/// Prometheus' rules do. Threads: any. Cost: linear. Errors: throws TemplateError.
[[nodiscard]] TemplateTree parse_template(std::string_view text);

}  // namespace kymo::KYMO_ABI::alert
