#include "api_metrics.h"

#include <string>
#include <utility>

namespace kymo::KYMO_ABI::live {

std::vector<Route> api_metrics_routes(const std::shared_ptr<SnapshotOutputs>& all) {
  std::vector<Route> routes;
  for (const Output& output : outputs()) {
    if (output.path.empty()) continue;
    auto handle = [all, &output](const net::HttpRequest& request) { return all->respond(request, output); };
    routes.push_back({"GET", std::string(output.path), std::move(handle), std::string(output.about)});
  }
  return routes;
}

}  // namespace kymo::KYMO_ABI::live
