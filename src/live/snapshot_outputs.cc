#include "snapshot_outputs.h"

#include <string>

#include <kymo/format/json.h>
#include <kymo/format/openmetrics.h>
#include <kymo/format/prometheus_text.h>
#include <kymo/format/server_json.h>
#include <kymo/format/system_json.h>
#include <kymo/net/json_error.h>

#include "conditional.h"
#include "negotiation.h"
#include "summary_json.h"

namespace kymo::KYMO_ABI::live {
namespace {

template <auto Write, base::JsonLayout Layout>
void write(const Snapshot& snapshot, std::string& out) {
  Write(snapshot, out, Layout);
  if (Layout == base::JsonLayout::indented) out += '\n';
}

// The parts are small, and read by people with curl as much as by programs; the whole is not.
constexpr base::JsonLayout kWhole = base::JsonLayout::compact;
constexpr base::JsonLayout kPart = base::JsonLayout::indented;

net::HttpResponse try_later(std::string_view message) {
  net::HttpResponse response = net::json_error(503, message, "try again in a second");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

SnapshotOutputs::SnapshotOutputs(FreshSnapshot::Source source, const SummaryParts& parts)
    : prometheus(format::write_prometheus_text),
      openmetrics(format::write_openmetrics),
      json(write<format::write_json, kWhole>),
      summary([parts](const Snapshot& snapshot, std::string& out) { write_summary(snapshot, parts, out); }),
      server(write<format::write_server_json, kPart>),
      system(write<format::write_system_json, kPart>),
      snapshots_(std::move(source)) {}

net::HttpResponse SnapshotOutputs::respond(const net::HttpRequest& request, SharedEncoding& encoding,
                                           std::string_view content_type) try {
  const auto snapshot = snapshots_.get(request.received);
  if (snapshot == nullptr) return try_later("no Snapshot can be taken now");
  net::HttpResponse response;
  response.content_type = content_type;
  response.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  response.body = encoding.plain(snapshot);
  if (response.body->size() >= kWorthGzip && prefers_gzip(request.header("accept-encoding"))) {
    response.body = encoding.gzipped(snapshot);
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
  return response;
} catch (const EncodingTimeout& error) {
  return try_later(error.what());
}

}  // namespace kymo::KYMO_ABI::live
