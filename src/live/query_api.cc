#include <kymo/live/query_api.h>

#include <utility>

#include <kymo/query/parser.h>

#include "prometheus_api.h"
#include "routes/query_routes.h"

namespace kymo::KYMO_ABI::live {
namespace {

/// Counts a query as running, and tells its duration at its end.
class Running final {
 public:
  Running(std::atomic<std::uint64_t>& count, const QuerySources& sources) : count_(count), sources_(sources) {
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    count_.fetch_sub(1, std::memory_order_relaxed);
    if (sources_.on_query) sources_.on_query(std::chrono::steady_clock::now() - begun_);
  }

 private:
  std::atomic<std::uint64_t>& count_;
  const QuerySources& sources_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace

QueryApi::QueryApi(QuerySources sources)
    : sources_(std::move(sources)),
      view_(sources_.store == nullptr ? std::nullopt
                                      : std::optional<query::ClassicView>(std::in_place, *sources_.store)),
      engine_(sources_.engine),
      started_(sources_.clock->system_now()) {}

query::QueryResult QueryApi::run(const query::QueryRequest& request) const try {
  const Running running(running_, sources_);
  return engine_.run(*view_, request);
} catch (const query::QueryError&) {
  malformed_.fetch_add(1, std::memory_order_relaxed);
  throw;
}

const series::SeriesReader& past_of(const QueryApi& api) {
  if (api.view() != nullptr) return *api.view();
  throw ApiError(ApiFault::unavailable,
                 "this process keeps no past to query; set history.memory above 0, and start it again");
}

std::vector<Route> query_routes(const std::shared_ptr<const QueryApi>& api) {
  std::vector<Route> routes = expression_routes(api);
  for (auto* const more : {series_routes, status_routes}) {
    for (Route& route : more(api)) routes.push_back(std::move(route));
  }
  routes.push_back(federate_route(api));
  return routes;
}

}  // namespace kymo::KYMO_ABI::live
