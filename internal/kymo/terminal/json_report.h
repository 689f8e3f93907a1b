#pragma once

#include <string>

#include <kymo/terminal/screen.h>

namespace kymo::KYMO_ABI::terminal {

/// The content of plain_report() as one JSON object with raw numbers in base units (docs/guide/terminal.md).
/// An unknown figure has no field; an infinity is `"inf"` or `"-inf"`, as in the live protocol. Ends with a
/// newline.
[[nodiscard]] std::string json_report(const Scene& scene, const ViewState& state);

}  // namespace kymo::KYMO_ABI::terminal
