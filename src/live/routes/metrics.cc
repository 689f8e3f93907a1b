#include "metrics.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include <kymo/format/content_type.h>
#include <kymo/net/json_error.h>

#include "../negotiation.h"

namespace kymo::KYMO_ABI::live {
namespace {

using format::Format;

/// The oldest first: clients that accept neither get it.
constexpr std::array kNegotiated = {Format::prometheus, Format::openmetrics};

Format negotiate(std::string_view accept) {
  std::array<MediaType, kNegotiated.size()> offers;
  for (std::size_t i = 0; i < offers.size(); ++i) offers[i] = format::media_type(kNegotiated[i]);
  return kNegotiated[choose_offer(accept, offers)];
}

SharedEncoding& encoding_of(Format chosen, SnapshotOutputs& outputs) {
  switch (chosen) {
    case Format::openmetrics: return outputs.openmetrics;
    case Format::json: return outputs.json;
    case Format::prometheus: break;
  }
  return outputs.prometheus;
}

net::HttpResponse unknown_format(std::string_view name) {
  return net::json_error(400, "there is no format \"" + net::excerpt(name) + "\"",
                         "use format=prometheus, format=openmetrics or format=json, or leave it out");
}

}  // namespace

Route metrics_route(std::shared_ptr<SnapshotOutputs> outputs) {
  auto handle = [outputs = std::move(outputs)](const net::HttpRequest& request) {
    const std::string* name = request.query_value("format");
    const std::optional<Format> chosen =
        name == nullptr ? negotiate(request.header("accept")) : format::format_from_name(*name);
    if (!chosen) return unknown_format(*name);
    return outputs->respond(request, encoding_of(*chosen, *outputs), format::media_type(*chosen));
  };
  return {"GET", "/metrics", std::move(handle),
          "Everything, for Prometheus and others who scrape: Prometheus text or OpenMetrics."};
}

}  // namespace kymo::KYMO_ABI::live
