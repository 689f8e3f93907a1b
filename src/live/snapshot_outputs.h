#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include <kymo/live/standard_routes.h>
#include <kymo/net/http_server.h>

#include "shared_encoding.h"

namespace kymo::KYMO_ABI::live {

/// Every form in which a Snapshot is sent, each encoded once for all who ask for it at the same time. The
/// routes share it, so that `/metrics?format=json` and `/api/metrics` are one encoding. Threads: any.
class SnapshotOutputs final {
 public:
  /// `snapshots` must outlive it. `memory`: of all encodings.
  SnapshotOutputs(pulse::SnapshotSource& snapshots, const SummaryParts& parts,
                  const std::shared_ptr<ScrapeMemory>& memory);

  SharedEncoding prometheus;
  SharedEncoding openmetrics;
  SharedEncoding json;
  SharedEncoding summary;
  SharedEncoding server;
  SharedEncoding system;

  /// The answer to a request for one of the above, compressed where the client prefers it and it is worth it;
  /// 503 while there is no Snapshot, or where its encoding takes too long.
  [[nodiscard]] net::HttpResponse respond(const net::HttpRequest& request, SharedEncoding& encoding,
                                          std::string_view content_type);

 private:
  pulse::SnapshotSource& snapshots_;
};

}  // namespace kymo::KYMO_ABI::live
