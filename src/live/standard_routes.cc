#include <kymo/live/standard_routes.h>

#include <utility>

#include "routes/routes.h"
#include "snapshot_outputs.h"

namespace kymo::KYMO_ABI::live {
namespace {

void append(std::vector<Route> more, std::vector<Route>& routes) {
  for (Route& route : more) routes.push_back(std::move(route));
}

}  // namespace

std::vector<Route> make_standard_routes(pulse::SnapshotSource& snapshots,
                                        std::function<std::string()> why_not_ready,
                                        const std::vector<Route>& others, const SummaryParts& summary,
                                        const std::shared_ptr<ScrapeMemory>& memory, OnOutput on_output) {
  const auto outputs = std::make_shared<SnapshotOutputs>(snapshots, summary, memory, std::move(on_output));
  std::vector<Route> routes = {metrics_route(outputs)};
  append(api_metrics_routes(outputs), routes);
  append(health_routes(std::move(why_not_ready)), routes);
  append(dashboard_routes(dashboard_files()), routes);
  std::vector<Route> all = routes;
  append(others, all);
  append(index_routes({}), all);
  append(api_document_routes(std::move(all)), routes);
  std::vector<Route> listed = routes;
  append(others, listed);
  append(index_routes(listed), routes);
  return routes;
}

}  // namespace kymo::KYMO_ABI::live
