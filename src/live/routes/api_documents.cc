#include "api_documents.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/format/content_type.h>

#include "../conditional.h"
#include "../embedded_file.h"
#include "../served_document.h"

namespace kymo::KYMO_ABI::live {

extern const std::span<const EmbeddedFile> kApiDocuments;

std::vector<Route> api_document_routes(std::vector<Route> routes) {
  std::vector<Route> documents;
  for (const EmbeddedFile& file : kApiDocuments) {
    const std::string_view about = file.path == "openapi.json"
                                       ? "The addresses of this server, for tools: OpenAPI."
                                       : "The messages of the live connection, for tools: AsyncAPI.";
    documents.push_back({"GET", "/api/" + std::string(file.path), nullptr, std::string(about)});
  }
  routes.insert(routes.end(), documents.begin(), documents.end());
  const auto served = std::make_shared<const std::vector<Route>>(std::move(routes));
  for (std::size_t i = 0; i < documents.size(); ++i) {
    documents[i].handle = [served, document = kApiDocuments[i].bytes](const net::HttpRequest& request) {
      return conditional_response(request, format::kJsonType, served_document(document, *served));
    };
  }
  return documents;
}

}  // namespace kymo::KYMO_ABI::live
