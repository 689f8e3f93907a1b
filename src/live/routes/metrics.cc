#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <kymo/net/json_error.h>

#include "../negotiation.h"
#include "../responses.h"
#include "../snapshot_outputs.h"
#include "routes.h"

namespace kymo::KYMO_ABI::live {
namespace {

const Output& negotiate(std::string_view accept) {
  std::vector<const Output*> offered;
  std::vector<MediaType> types;
  for (const Output& output : outputs()) {
    if (!output.is_negotiated) continue;
    offered.push_back(&output);
    types.push_back(output.media_type);
  }
  return *offered[choose_offer(accept, types)];
}

/// Null where there is none of that name.
const Output* output_named(std::string_view name) {
  const auto found = std::ranges::find(outputs(), name, &Output::chosen);
  return name.empty() || found == outputs().end() ? nullptr : &*found;
}

net::HttpResponse unknown_format(std::string_view name) {
  std::string remedy = "use ";
  for (const Output& output : outputs()) {
    if (!output.chosen.empty()) remedy.append("format=").append(output.chosen).append(", ");
  }
  return net::json_error(400, "there is no format \"" + net::excerpt(name) + "\"",
                         remedy + "or leave it out");
}

}  // namespace

Route metrics_route(std::shared_ptr<SnapshotOutputs> all) {
  auto handle = [all = std::move(all)](const net::HttpRequest& request) {
    const std::string* name = request.query_value("format");
    if (name == nullptr) return all->respond(request, negotiate(request.header("accept")));
    const Output* const chosen = output_named(*name);
    return chosen == nullptr ? unknown_format(*name) : all->respond(request, *chosen);
  };
  return {"GET", "/metrics", std::move(handle),
          "All metrics, for Prometheus and other scrapers: Prometheus text or OpenMetrics."};
}

std::vector<Route> api_metrics_routes(const std::shared_ptr<SnapshotOutputs>& all) {
  std::vector<Route> routes;
  for (const Output& output : outputs()) {
    if (output.path.empty()) continue;
    auto handle = [all, &output](const net::HttpRequest& request) { return all->respond(request, output); };
    routes.push_back(
        without_periods({"GET", std::string(output.path), std::move(handle), std::string(output.about)},
                        "ask /api/metrics/system/history for the host, or /api/v1/query for any metric"));
  }
  return routes;
}

}  // namespace kymo::KYMO_ABI::live
