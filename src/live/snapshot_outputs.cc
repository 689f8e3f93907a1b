#include "snapshot_outputs.h"

#include <string>
#include <utility>

#include <kymo/format/server_json.h>
#include <kymo/format/system_json.h>
#include <kymo/format/text_writers.h>
#include <kymo/net/json_error.h>

#include "conditional.h"
#include "negotiation.h"
#include "summary_json.h"

namespace kymo::KYMO_ABI::live {
namespace {

void write_whole(const Snapshot& snapshot, base::TextSink& out) {
  format::write_json(snapshot, out, base::JsonLayout::compact);
}

/// Programs read the parts, and people with curl do: these documents are small, and indented.
template <class Write>
SharedEncoding::Encoder part(Write write) {
  return [write = std::move(write)](const Snapshot& snapshot, base::TextSink& out) {
    std::string text;
    write(snapshot, text);
    out.append(text);
  };
}

template <auto Write>
void write_indented(const Snapshot& snapshot, std::string& out) {
  Write(snapshot, out, base::JsonLayout::indented);
  out += '\n';
}

net::HttpResponse try_later(std::string_view message) {
  net::HttpResponse response = net::json_error(503, message, "try again in a second");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

SnapshotOutputs::SnapshotOutputs(pulse::SnapshotSource& snapshots, const SummaryParts& parts,
                                 const std::shared_ptr<ScrapeMemory>& memory)
    : prometheus(memory,
                 [](const auto& snapshot, auto& out) { format::write_prometheus_text(snapshot, out); }),
      openmetrics(memory, [](const auto& snapshot, auto& out) { format::write_openmetrics(snapshot, out); }),
      json(memory, write_whole),
      summary(memory, part([parts](const Snapshot& snapshot, std::string& out) {
                write_summary(snapshot, parts, out);
              })),
      server(memory, part(write_indented<format::write_server_json>)),
      system(memory, part(write_indented<format::write_system_json>)),
      snapshots_(snapshots) {}

net::HttpResponse SnapshotOutputs::respond(const net::HttpRequest& request, SharedEncoding& encoding,
                                           std::string_view content_type) try {
  const auto snapshot = snapshots_.get(request.received);
  if (snapshot == nullptr) return try_later("no Snapshot can be taken now");
  net::HttpResponse response;
  response.content_type = content_type;
  response.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  SharedEncoding::Body body = encoding.plain(snapshot);
  if (body->size() >= kWorthGzip && prefers_gzip(request.header("accept-encoding"))) {
    body = encoding.gzipped(snapshot);
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
  response.body = net::HttpBody(body, body->pieces());
  return response;
} catch (const EncodingTimeout& error) {
  return try_later(error.what());
}

}  // namespace kymo::KYMO_ABI::live
