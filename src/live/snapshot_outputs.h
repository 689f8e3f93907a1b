#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>

#include <kymo/live/outputs.h>
#include <kymo/live/standard_routes.h>
#include <kymo/net/http_server.h>

#include "shared_encoding.h"

namespace kymo::KYMO_ABI::live {

/// Encodes each Snapshot once for all simultaneous requests of an output. The routes share this object, so
/// `/metrics?format=json` and `/api/metrics` share one encoding. Threads: any.
class SnapshotOutputs final {
 public:
  /// `snapshots` must outlive this object. `memory` holds all encodings.
  SnapshotOutputs(pulse::SnapshotSource& snapshots, const SummaryParts& parts,
                  const std::shared_ptr<ScrapeMemory>& memory, OnOutput on_output);

  /// The response with an output, a row of outputs(), compressed where the client prefers that. 503 without
  /// a Snapshot, or when the encoding takes too long.
  [[nodiscard]] net::HttpResponse respond(const net::HttpRequest& request, const Output& output);

 private:
  [[nodiscard]] net::HttpResponse encode(const net::HttpRequest& request, const Output& output);

  pulse::SnapshotSource& snapshots_;
  const OnOutput on_output_;
  std::deque<SharedEncoding> encodings_;  ///< by index in outputs()
};

}  // namespace kymo::KYMO_ABI::live
