#include "routes.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/live/peers.h>
#include <kymo/live/router.h>
#include <kymo/live/standard_routes.h>

#include "host_guard.h"
#include "login_routes.h"
#include "profile_routes.h"

namespace kymo::KYMO_ABI::monitor {

Serving make_serving(HandlerParts parts) {
  const auto ids = parts.options.peers.anonymous ? live::PeerIds::anonymous : live::PeerIds::own;
  std::vector<live::Route> others = {live::system_history_route(parts.history),
                                     live::past_sessions_route(parts.options.peers.sessions, ids),
                                     live::metrics_socket_route(parts.hub, parts.hub_works)};
  for (live::Route& route : live::peer_routes(parts.options.peers.table, ids))
    others.push_back(std::move(route));
  for (live::Route& route : profile_routes([&snapshots = parts.snapshots] { return snapshots.get(); }))
    others.push_back(std::move(route));
  for (live::Route& route : login_routes(parts.access, parts.on_logout)) others.push_back(std::move(route));
  others.insert(others.end(), parts.options.routes.begin(), parts.options.routes.end());
  std::vector<live::Route> routes = live::make_standard_routes(
      parts.snapshots, parts.why_not_ready, others,
      {.peers = parts.options.peers.table, .ids = ids, .history = &parts.history}, parts.memory,
      [&self = parts.self](const live::Output& output, std::chrono::nanoseconds time) {
        self.record_scrape(output, time);
      });
  routes.insert(routes.end(), others.begin(), others.end());
  const auto router = std::make_shared<const live::Router>(std::move(routes));
  auto handle = [hosts = HostGuard(parts.options.access.allowed_hosts, parts.listen), &access = parts.access,
                 &self = parts.self, router](const net::HttpRequest& request) {
    const std::string_view host = request.header("host");
    if (!hosts.allows(host)) {
      self.count_refused(Refusal::host);
      return HostGuard::refusal(host);
    }
    auto refused = access.check(request);
    if (refused) self.count_refused(refused->reason);
    net::HttpResponse response = refused ? std::move(refused->response) : router->handle(request);
    response.delay = access.delay_of(request);
    return response;
  };
  return {std::move(handle), [router](std::string_view method, std::string_view target) {
            return router->thread_class_of(method, target);
          }};
}

}  // namespace kymo::KYMO_ABI::monitor
