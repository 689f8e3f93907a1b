#include "websocket_handshake.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>
#include <kymo/net/json_error.h>
#include <kymo/net/uri.h>

namespace kymo::KYMO_ABI::net {
namespace {

constexpr std::string_view kRemedy =
    "connect with a WebSocket client, such as a browser's WebSocket or websocat";
constexpr std::size_t kKeyCharacters = 24;  // 16 bytes in base64

bool is_key(std::string_view key) noexcept {
  return key.size() == kKeyCharacters && key.ends_with("==") &&
         std::all_of(key.begin(), key.end() - 2,
                     [](char c) { return base::is_alphanumeric(c) || c == '+' || c == '/'; });
}

HttpResponse upgrade_required(std::string_view why) {
  HttpResponse response = json_error(426, why, kRemedy);
  response.headers.emplace_back("Upgrade", "websocket");
  response.headers.emplace_back("Sec-WebSocket-Version", "13");
  return response;
}

/// The parameters of one offer of permessage-deflate (RFC 7692 7.1).
struct DeflateOffer {
  bool server_forgets = false;
  bool client_forgets = false;
  int server_window = 0;  ///< 2^8 to 2^15 bytes; 0: not requested
  bool has_client_window = false;
  int client_window = 0;  ///< 0: present, with the server's choice of size
};
constexpr int kTooSmall = 8;
constexpr int kLargest = 15;

/// Takes the text before the next separator outside of quotes, trimmed.
std::string_view take_part(std::string_view& text, char separator) noexcept {
  bool is_quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (is_quoted || text[end] != separator); ++end) {
    if (is_quoted && text[end] == '\\') {
      ++end;
    } else if (text[end] == '"') {
      is_quoted = !is_quoted;
    }
  }
  end = std::min(end, text.size());
  const std::string_view part = base::trim(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

/// A window size, as a token or in quotes, which are equivalent; 0: invalid.
int read_window(std::string_view value) noexcept {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  if (value.starts_with('0')) return 0;
  const auto bits = base::parse_number<std::uint8_t>(value);
  return bits && *bits >= kTooSmall && *bits <= kLargest ? *bits : 0;
}

/// False for an unknown or repeated parameter, or one with an invalid value.
bool read_parameter(std::string_view parameter, DeflateOffer& offer) noexcept {
  const std::size_t equals = parameter.find('=');
  const bool has_value = equals != std::string_view::npos;
  const std::string_view name = base::trim(parameter.substr(0, equals));
  const int window = has_value ? read_window(base::trim(parameter.substr(equals + 1))) : 0;
  const auto set_once = [](bool& flag) { return !std::exchange(flag, true); };
  if (base::equals_ignoring_case(name, "server_no_context_takeover")) {
    return !has_value && set_once(offer.server_forgets);
  }
  if (base::equals_ignoring_case(name, "client_no_context_takeover")) {
    return !has_value && set_once(offer.client_forgets);
  }
  if (base::equals_ignoring_case(name, "server_max_window_bits")) {
    return window != 0 && std::exchange(offer.server_window, window) == 0;
  }
  if (base::equals_ignoring_case(name, "client_max_window_bits")) {
    offer.client_window = window;
    return has_value == (window != 0) && set_once(offer.has_client_window);
  }
  return false;
}

/// `parameters`: the text after the extension's name and its semicolon.
std::optional<DeflateOffer> read_offer(std::string_view parameters) noexcept {
  DeflateOffer offer;
  while (!parameters.empty()) {
    if (!read_parameter(take_part(parameters, ';'), offer)) return std::nullopt;
  }
  return offer;
}

std::string text_of(const DeflateOffer& offer) {
  std::string text = "permessage-deflate";
  if (offer.server_forgets) text += "; server_no_context_takeover";
  if (offer.client_forgets) text += "; client_no_context_takeover";
  if (offer.server_window != 0) text += "; server_max_window_bits=" + std::to_string(offer.server_window);
  if (offer.has_client_window) text += "; client_max_window_bits";
  if (offer.client_window != 0) text += "=" + std::to_string(offer.client_window);
  return text;
}

/// An authority without its scheme's default port.
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
    if (!base::equals_ignoring_case(origin.substr(0, scheme.name.size()), scheme.name)) continue;
    const std::string_view authority = origin.substr(scheme.name.size());
    return !authority.empty() &&
           base::equals_ignoring_case(without_default_port(authority, scheme.default_port),
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

std::string deflate_offer(const RequestHead& head) {
  std::string_view list = find_field(head, "sec-websocket-extensions");
  while (!list.empty()) {
    std::string_view extension = take_part(list, ',');
    if (!base::equals_ignoring_case(take_part(extension, ';'), "permessage-deflate")) continue;
    const auto offer = read_offer(extension);
    if (offer && offer->server_window != kTooSmall) return text_of(*offer);
  }
  return {};
}

}  // namespace kymo::KYMO_ABI::net
