#include "api_metrics.h"

#include <string>
#include <utility>

#include <kymo/format/content_type.h>

namespace kymo::KYMO_ABI::live {
namespace {

using Output = SharedEncoding SnapshotOutputs::*;

Route json_route(const std::shared_ptr<SnapshotOutputs>& outputs, Output output, std::string path,
                 std::string about) {
  auto handle = [outputs, output](const net::HttpRequest& request) {
    return outputs->respond(request, (*outputs).*output, format::kJsonType);
  };
  return {"GET", std::move(path), std::move(handle), std::move(about)};
}

}  // namespace

std::vector<Route> api_metrics_routes(const std::shared_ptr<SnapshotOutputs>& outputs) {
  return {
      json_route(outputs, &SnapshotOutputs::json, "/api/metrics",
                 "Everything as JSON: timings, counters and gauges."),
      json_route(outputs, &SnapshotOutputs::summary, "/api/metrics/summary",
                 "What matters most of each part in use, in one small object."),
      json_route(outputs, &SnapshotOutputs::server, "/api/metrics/server",
                 "How this server is doing: connections, requests, errors, memory and processor."),
      json_route(outputs, &SnapshotOutputs::system, "/api/metrics/system",
                 "How the machine is doing: processors, memory, disks, network."),
  };
}

}  // namespace kymo::KYMO_ABI::live
