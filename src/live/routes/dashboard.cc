#include "dashboard.h"

#include <string>
#include <string_view>

#include "served_file.h"

namespace kymo::KYMO_ABI::live {

extern const std::span<const EmbeddedFile> kDashboardFiles;

std::span<const EmbeddedFile> dashboard_files() { return kDashboardFiles; }

std::vector<Route> dashboard_routes(std::span<const EmbeddedFile> files) {
  std::vector<Route> routes;
  for (const EmbeddedFile& file : files) {
    if (file.path == "index.html") {
      routes.push_back(file_route(file, "/", "The dashboard: this server, live."));
    } else {
      routes.push_back(file_route(file, "/" + std::string(file.path)));
    }
  }
  return routes;
}

}  // namespace kymo::KYMO_ABI::live
