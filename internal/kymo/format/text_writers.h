#pragma once

#include <string_view>

#include <kymo/base/json_layout.h>
#include <kymo/base/text_sink.h>
#include <kymo/core/descriptor.h>
#include <kymo/core/snapshot.h>

// The writers of a whole Snapshot, into any sink. The public ones, which append to a string, use these.
namespace kymo::KYMO_ABI::format {

void write_prometheus_text(const Snapshot& snapshot, base::TextSink& out);
void write_openmetrics(const Snapshot& snapshot, base::TextSink& out);
/// Collects some tens of KiB at a time before it hands them to the sink.
void write_json(const Snapshot& snapshot, base::TextSink& out, base::JsonLayout layout);

/// The kind in text formats: "counter", "gauge", "histogram", "summary".
[[nodiscard]] std::string_view text_type(Kind kind) noexcept;

}  // namespace kymo::KYMO_ABI::format
