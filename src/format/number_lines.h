#pragma once

#include <string_view>

#include <kymo/core/snapshot.h>

#include "line_writer.h"

namespace kymo::KYMO_ABI::format {

/// Writes one line a series for a family whose series are single numbers: the path that a million counters
/// take.
void write_number_lines(const FamilyColumns& columns, std::string_view sample_name, LineWriter& lines);

/// How many bytes the labels of all series have, judged from a few of them.
[[nodiscard]] std::size_t expected_label_bytes(const FamilyColumns& columns);

}  // namespace kymo::KYMO_ABI::format
