#pragma once

#include <string>
#include <string_view>

#include <kymo/core/descriptor.h>
#include <kymo/format/text_writers.h>

#include "line_writer.h"

namespace kymo::KYMO_ABI::format {

/// Appends a line such as `# TYPE name text`; `text` must be escaped.
void append_metadata(std::string_view keyword, std::string_view name, std::string_view text,
                     LineWriter& lines);

/// Help in the format's form: one line, valid UTF-8. OpenMetrics escapes quotes, Prometheus text must not.
[[nodiscard]] std::string escaped_help(std::string_view help, Dialect dialect);

}  // namespace kymo::KYMO_ABI::format
