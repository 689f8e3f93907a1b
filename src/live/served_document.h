#pragma once

#include <span>
#include <string>
#include <string_view>

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::live {

/// Reduces an OpenAPI or AsyncAPI document to the served addresses. Operations and channels without a route
/// are removed, with the schemas and messages that only they use. Described routes that an OpenAPI document
/// lacks are added.
///
/// `document`: well-formed JSON, such as kymo's own. Threads: any. Cost: some walks over the document.
[[nodiscard]] std::string served_document(std::string_view document, std::span<const Route> routes);

}  // namespace kymo::KYMO_ABI::live
