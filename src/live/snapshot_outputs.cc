#include "snapshot_outputs.h"

#include <utility>

#include <kymo/net/json_error.h>

#include "negotiation.h"
#include "responses.h"

namespace kymo::KYMO_ABI::live {
namespace {

net::HttpResponse try_later(std::string_view message) {
  net::HttpResponse response = net::json_error(503, message, "try again in a second");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

SnapshotOutputs::SnapshotOutputs(pulse::SnapshotSource& snapshots, const SummaryParts& parts,
                                 const std::shared_ptr<ScrapeMemory>& memory, OnOutput on_output)
    : snapshots_(snapshots), on_output_(std::move(on_output)) {
  for (const Output& output : outputs()) {
    encodings_.emplace_back(memory,
                            [write = output.write, parts](const Snapshot& snapshot, base::TextSink& out) {
                              write(snapshot, parts, out);
                            });
  }
}

net::HttpResponse SnapshotOutputs::respond(const net::HttpRequest& request, const Output& output) {
  const auto start = std::chrono::steady_clock::now();
  net::HttpResponse response = encode(request, output);
  if (on_output_) on_output_(output, std::chrono::steady_clock::now() - start);
  return response;
}

net::HttpResponse SnapshotOutputs::encode(const net::HttpRequest& request, const Output& output) try {
  const auto snapshot = snapshots_.get(request.received);
  if (snapshot == nullptr) return try_later("no Snapshot can be taken now");
  SharedEncoding& encoding = encodings_[static_cast<std::size_t>(&output - outputs().data())];
  net::HttpResponse response;
  response.content_type = output.media_type;
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
