#include "websocket_handshake.h"

#include <algorithm>
#include <array>
#include <string>

#include <kymo/net/json_error.h>
#include <kymo/net/uri.h>

#include "ascii.h"

namespace kymo::net {
namespace {

constexpr std::string_view kRemedy =
    "connect with a WebSocket client, such as a browser's WebSocket or websocat";
constexpr std::size_t kKeyCharacters = 24;  // 16 bytes in base64

bool is_key(std::string_view key) noexcept {
  return key.size() == kKeyCharacters && key.ends_with("==") &&
         std::all_of(key.begin(), key.end() - 2,
                     [](char c) { return is_alphanumeric(c) || c == '+' || c == '/'; });
}

HttpResponse upgrade_required(std::string_view why) {
  HttpResponse response = json_error(426, why, kRemedy);
  response.headers.emplace_back("Upgrade", "websocket");
  response.headers.emplace_back("Sec-WebSocket-Version", "13");
  return response;
}

/// An authority without the port that its scheme has anyway.
std::string_view without_default_port(std::string_view authority, std::string_view port) noexcept {
  return authority.ends_with(port) ? authority.substr(0, authority.size() - port.size()) : authority;
}

struct Scheme {
  std::string_view name;
  std::string_view default_port;
};
constexpr std::array kSchemes = {Scheme{"http://", ":80"}, Scheme{"https://", ":443"}};

}  // namespace

bool is_same_host(std::string_view origin, std::string_view host) noexcept {
  for (const Scheme& scheme : kSchemes) {
    if (!equals_ignoring_case(origin.substr(0, scheme.name.size()), scheme.name)) continue;
    const std::string_view authority = origin.substr(scheme.name.size());
    return !authority.empty() && equals_ignoring_case(without_default_port(authority, scheme.default_port),
                                                      without_default_port(host, scheme.default_port));
  }
  return false;
}

std::optional<HttpResponse> refuse_handshake(const RequestHead& head) {
  if (head.method != "GET" || head.is_http_1_0 || !list_has(find_field(head, "upgrade"), "websocket") ||
      !list_has(find_field(head, "connection"), "upgrade")) {
    return upgrade_required("this address speaks WebSocket only");
  }
  if (find_field(head, "sec-websocket-version") != "13") {
    return upgrade_required("the only WebSocket version here is 13");
  }
  if (!is_key(find_field(head, "sec-websocket-key"))) {
    return json_error(400, "Sec-WebSocket-Key is not 16 bytes in base64", kRemedy);
  }
  if (head.content_length > 0 || head.is_chunked) {
    return json_error(400, "a WebSocket handshake has no body", kRemedy);
  }
  const std::string_view origin = find_field(head, "origin");
  if (!origin.empty() && !is_same_host(origin, find_field(head, "host"))) {
    return json_error(
        403, "pages of " + excerpt(origin) + " may not read this server",
        "open the page from this server itself; behind a proxy, let it pass the Host header on");
  }
  return std::nullopt;
}

std::string_view deflate_offer(const RequestHead& head) noexcept {
  const std::string_view offer = find_field(head, "sec-websocket-extensions");
  const std::size_t window = offer.find("server_max_window_bits");
  if (window == std::string_view::npos) return offer;
  // Whatever is written between the name and its value: an 8 that no digit follows.
  const std::size_t eight = offer.find_first_of("0123456789", window);
  const bool is_eight = eight != std::string_view::npos && offer[eight] == '8' &&
                        (eight + 1 == offer.size() || !is_digit(offer[eight + 1]));
  return is_eight ? std::string_view() : offer;
}

}  // namespace kymo::net
