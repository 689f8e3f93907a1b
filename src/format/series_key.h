#pragma once

#include <string>
#include <string_view>

#include <kymo/core/labels.h>

namespace kymo::KYMO_ABI::format {

/// Sets `out` to a series' key in JSON: `name`, or `name[k=v,k2=v2]` with `\`, `,` and `]` escaped in values.
/// Unambiguous: names contain no `[`, labels' names neither `=` nor a backslash.
void make_series_key(std::string_view name, LabelsView labels, std::string& out);

}  // namespace kymo::KYMO_ABI::format
