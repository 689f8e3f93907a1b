#pragma once

#include <string>

#include <kymo/alert/template.h>

#include "template_tree.h"

namespace kymo::KYMO_ABI::alert {

/// Runs a parsed template. Errors: throws TemplateError.
[[nodiscard]] std::string run_template(const TemplateTree& tree, const TemplateContext& context);

}  // namespace kymo::KYMO_ABI::alert
