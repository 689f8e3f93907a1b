#pragma once

#include <string>

#include <kymo/terminal/screen.h>

namespace kymo::KYMO_ABI::terminal {

/// The content of the screens, for scripts: lines of tab-separated fields, the first of which names the kind
/// of line (docs/guide/terminal.md). Series appear only with a filter. No field holds a tab, a control
/// character or an escape.
[[nodiscard]] std::string plain_report(const Scene& scene, const ViewState& state, Alphabet alphabet);

/// The content of plain_report() as one JSON object with raw numbers in base units (docs/guide/terminal.md).
/// An unknown figure has no field; an infinity is `"inf"` or `"-inf"`, as in the live protocol. Ends with a
/// newline.
[[nodiscard]] std::string json_report(const Scene& scene, const ViewState& state);

}  // namespace kymo::KYMO_ABI::terminal
