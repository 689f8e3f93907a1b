#pragma once

#include <string>

#include "screen.h"

namespace kymo::terminal {

/// What plain_report() tells, as one JSON object with raw numbers in base units (docs/guide/terminal.md).
/// What is not known has no field; an infinity is `"inf"` or `"-inf"`, as in the live protocol. Ends with a
/// newline.
[[nodiscard]] std::string json_report(const Scene& scene, const ViewState& state);

}  // namespace kymo::terminal
