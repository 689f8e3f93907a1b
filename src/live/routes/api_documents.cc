#include "api_documents.h"

#include <string>
#include <string_view>

#include "served_file.h"

namespace kymo::live {

extern const std::span<const EmbeddedFile> kApiDocuments;

std::vector<Route> api_document_routes() {
  std::vector<Route> routes;
  for (const EmbeddedFile& file : kApiDocuments) {
    const std::string_view about = file.path == "openapi.json"
                                       ? "These addresses, for tools: OpenAPI."
                                       : "The messages of the live connection, for tools: AsyncAPI.";
    routes.push_back(file_route(file, "/api/" + std::string(file.path), std::string(about)));
  }
  return routes;
}

}  // namespace kymo::live
