#include <kymo/packs/server.h>

namespace kymo::KYMO_ABI::packs {

ServerMetrics::ServerMetrics(Registry& registry)
    : active_connections(
          registry.up_down_counter("server.active_connections", "Connections that are open now.")),
      active_processes(registry.up_down_counter("server.active_processes", "Background jobs that run now.")),
      requests(registry.counter("server.requests", "Requests received since the start.")),
      errors(registry.counter("server.errors", "Requests that failed since the start.")),
      processing_time(registry.window("server.processing_time", "Processing time of the last requests.",
                                      {.unit = "seconds", .capacity = kRecent})) {}

}  // namespace kymo::KYMO_ABI::packs
