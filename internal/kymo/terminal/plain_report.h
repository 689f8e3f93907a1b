#pragma once

#include <string>

#include <kymo/terminal/screen.h>

namespace kymo::KYMO_ABI::terminal {

/// The content of the screens, for scripts: lines of tab-separated fields, the first of which names the kind
/// of line (docs/guide/terminal.md). Series appear only with a filter. No field holds a tab, a control
/// character or an escape.
[[nodiscard]] std::string plain_report(const Scene& scene, const ViewState& state, Alphabet alphabet);

}  // namespace kymo::KYMO_ABI::terminal
