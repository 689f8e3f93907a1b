#include <kymo/live/outputs.h>

#include <array>
#include <string>

#include <kymo/format/content_type.h>
#include <kymo/format/server_json.h>
#include <kymo/format/system_json.h>
#include <kymo/format/text_writers.h>

#include "summary_json.h"

namespace kymo::KYMO_ABI::live {
namespace {

/// Programs read these small documents, and people with curl do: so they are indented.
template <auto Write>
void write_indented(const Snapshot& snapshot, const SummaryParts& /*parts*/, base::TextSink& out) {
  std::string text;
  Write(snapshot, text, base::JsonLayout::indented);
  text += '\n';
  out.append(text);
}

constexpr std::array kOutputs = {
    Output{"prometheus_text", "prometheus", true, format::kPrometheusTextType, "", "",
           [](const Snapshot& snapshot, const SummaryParts&, base::TextSink& out) {
             format::write_prometheus_text(snapshot, out);
           }},
    Output{"openmetrics", "openmetrics", true, format::kOpenMetricsType, "", "",
           [](const Snapshot& snapshot, const SummaryParts&, base::TextSink& out) {
             format::write_openmetrics(snapshot, out);
           }},
    Output{"json", "json", false, format::kJsonType, "/api/metrics",
           "Everything as JSON: timings, counters and gauges.",
           [](const Snapshot& snapshot, const SummaryParts&, base::TextSink& out) {
             format::write_json(snapshot, out, base::JsonLayout::compact);
           }},
    Output{"summary", "", false, format::kJsonType, "/api/metrics/summary",
           "The key figures of each part in use, in one small object.",
           [](const Snapshot& snapshot, const SummaryParts& parts, base::TextSink& out) {
             std::string text;
             write_summary(snapshot, parts, text);
             out.append(text);
           }},
    Output{"server", "", false, format::kJsonType, "/api/metrics/server",
           "This server's vital signs: connections, requests, errors, memory and processor.",
           write_indented<format::write_server_json>},
    Output{"system", "", false, format::kJsonType, "/api/metrics/system",
           "The state of the machine: processors, memory, disks, network.",
           write_indented<format::write_system_json>},
};

}  // namespace

std::span<const Output> outputs() noexcept { return kOutputs; }

}  // namespace kymo::KYMO_ABI::live
