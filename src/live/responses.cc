#include "responses.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/base/hex.h>
#include <kymo/net/gzip.h>
#include <kymo/net/json_error.h>

#include "negotiation.h"

namespace kymo::KYMO_ABI::live {
namespace {

/// FNV-1a: distinguishes versions; nobody can choose the input.
std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

std::string etag_of(std::string_view bytes, std::string_view suffix) {
  std::string tag = "\"";
  const std::uint64_t hash = hash_of(bytes);
  for (int shift = 60; shift >= 0; shift -= 4) tag += base::kHexDigits[(hash >> shift) & 0xf];
  return tag.append(suffix) + '"';
}

bool names_etag(std::string_view if_none_match, std::string_view tag) {
  while (!if_none_match.empty()) {
    const std::size_t end = std::min(if_none_match.find(','), if_none_match.size());
    std::string_view one = base::trim(if_none_match.substr(0, end));
    if_none_match.remove_prefix(std::min(end + 1, if_none_match.size()));
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == tag) return true;
  }
  return false;
}

net::HttpResponse conditional_response(const net::HttpRequest& request, std::string_view content_type,
                                       std::string text) {
  const bool as_gzip = text.size() >= kWorthGzip && prefers_gzip(request.header("accept-encoding"));
  const std::string tag = etag_of(text, as_gzip ? "-gzip" : "");
  net::HttpResponse response;
  response.content_type = content_type;
  response.headers = {
      {"ETag", tag}, {"Cache-Control", "private, no-cache"}, {"Vary", "Accept, Accept-Encoding"}};
  if (names_etag(request.header("if-none-match"), tag)) {
    response.status = 304;
    return response;
  }
  if (as_gzip) {
    text = net::gzip(text);
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
  response.body = std::move(text);
  return response;
}

Route without_periods(Route route, std::string_view remedy) {
  route.handle = [handle = std::move(route.handle),
                  remedy = std::string(remedy)](const net::HttpRequest& request) {
    for (const char* const name : {"window", "duration"}) {
      if (request.query_value(name) == nullptr) continue;
      return net::json_error(400, std::string(name) + " has no effect at " + std::string(request.path),
                             remedy);
    }
    return handle(request);
  };
  return route;
}

}  // namespace kymo::KYMO_ABI::live
