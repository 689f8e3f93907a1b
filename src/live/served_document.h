#pragma once

#include <span>
#include <string>
#include <string_view>

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::live {

/// An OpenAPI or AsyncAPI document about the addresses that are there, made of one about all that there may
/// be: operations and channels without a route are left out, and with them the schemas and messages that only
/// they refer to. To OpenAPI, routes that say what they are about and that the document lacks are added.
///
/// `document`: JSON that is well-formed, as kymo's own is. Threads: any. Cost: some walks over the document.
[[nodiscard]] std::string served_document(std::string_view document, std::span<const Route> routes);

}  // namespace kymo::KYMO_ABI::live
