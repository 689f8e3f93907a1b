#pragma once

#include <string>

#include <kymo/terminal/screen.h>

namespace kymo::KYMO_ABI::terminal {

/// What the screens show, for scripts: lines of fields that are separated by tabs, the first of which says
/// what the line is (docs/guide/terminal.md). Series are told where there is a filter. No field holds a tab,
/// a control character or an escape.
[[nodiscard]] std::string plain_report(const Scene& scene, const ViewState& state, Alphabet alphabet);

}  // namespace kymo::KYMO_ABI::terminal
