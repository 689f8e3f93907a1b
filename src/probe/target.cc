#include <kymo/probe/target.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/net/resolve.h>

#include "dns_message.h"

namespace kymo::KYMO_ABI::probe {
namespace {

struct Scheme {
  std::string_view name;
  ProbeKind kind;
  std::uint16_t port;  ///< default port; 0: must be given
};

constexpr std::array kSchemes = {
    Scheme{"udp", ProbeKind::udp, kEchoPort}, Scheme{"tcp", ProbeKind::tcp, 0},
    Scheme{"icmp", ProbeKind::icmp, 0},       Scheme{"ws", ProbeKind::websocket, 80},
    Scheme{"http", ProbeKind::http, 80},      Scheme{"https", ProbeKind::https, 443},
    Scheme{"tls", ProbeKind::tls, 443},       Scheme{"dns", ProbeKind::dns, 53},
};
constexpr std::size_t kLongestTarget = 2048;

[[noreturn]] void refuse_target(std::string_view text, std::string_view why) {
  std::string shown(text.substr(0, 80));
  std::replace_if(shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  throw std::invalid_argument(
      "\"" + shown + "\" cannot be probed: " + std::string(why) +
      "; expected udp://HOST:PORT, tcp://HOST:PORT, icmp://HOST, ws://HOST:PORT/PATH, http://HOST/PATH, "
      "https://HOST/PATH, tls://HOST:PORT or dns://SERVER/NAME");
}

const Scheme& take_scheme(std::string_view& rest, std::string_view text) {
  const std::size_t end = rest.find("://");
  if (end == std::string_view::npos) refuse_target(text, "it has no scheme");
  const std::string_view name = rest.substr(0, end);
  rest.remove_prefix(end + 3);
  const auto* scheme = std::find_if(kSchemes.begin(), kSchemes.end(), [name](const Scheme& s) {
    return base::equals_ignoring_case(s.name, name);  // RFC 3986 3.1
  });
  if (scheme == kSchemes.end())
    refuse_target(text, base::equals_ignoring_case(name, "wss") ? "wss is not supported; use ws, tls or tcp"
                                                                : "its scheme is unknown");
  return *scheme;
}

/// Without brackets, an IPv6 address looks like a host with a port.
void expect_brackets(std::string_view rest, std::string_view text) {
  const std::string_view all = rest.substr(0, rest.find_first_of("/?"));
  if (std::count(all.begin(), all.end(), ':') < 2) return;
  std::string shown;
  if (net::is_address(all)) shown = "[" + std::string(all) + "]";
  // The last number may be meant as a port.
  const std::size_t last = all.rfind(':');
  if (net::is_address(all.substr(0, last)))
    shown += (shown.empty() ? "[" : " or [") + std::string(all.substr(0, last)) + "]" +
             std::string(all.substr(last));
  if (shown.empty() && all.find("::") == std::string_view::npos) return;
  refuse_target(text, "use brackets around an IPv6 address, as in " + (shown.empty() ? "[fd77::2]" : shown));
}

/// The fault of an address between brackets; empty: valid.
std::string_view v6_fault(const std::string& host) {
  const bool has_zone = net::without_zone(host) != host;
  const auto bare = net::parse_address(net::without_zone(host), 0);
  if (!bare || bare->storage.ss_family != AF_INET6) return "its host is neither an address nor a name";
  if (host.ends_with('%') && net::is_link_local(*bare)) return "its zone is no name of an interface";
  if (!net::is_address(host)) return "only a link-local address has a zone, the name of an interface";
  if (!has_zone && net::is_link_local(*bare))
    return "a link-local address needs its interface, as in [fe80::1%eth0]";
  return {};
}

/// Takes the host, without brackets.
std::string take_host(std::string_view& rest, std::string_view text) {
  const bool is_v6 = rest.starts_with('[');
  const std::size_t end = is_v6 ? rest.find(']') : std::min(rest.find_first_of(":/?"), rest.size());
  if (end == std::string_view::npos) refuse_target(text, "the bracket of its address is not closed");
  if (!is_v6) expect_brackets(rest, text);
  std::string host(rest.substr(is_v6 ? 1 : 0, end - (is_v6 ? 1 : 0)));
  rest.remove_prefix(end + (is_v6 ? 1 : 0));
  if (is_v6) {
    host = net::decoded_zone(std::move(host));
    if (const std::string_view fault = v6_fault(host); !fault.empty()) refuse_target(text, fault);
  } else if (!net::is_address(host) && !net::is_valid_name(host)) {
    refuse_target(text, "its host is neither an address nor a name");
  }
  return host;
}

std::optional<std::uint16_t> take_port(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(':')) return std::nullopt;
  rest.remove_prefix(1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
  if (error != std::errc() || port == 0) refuse_target(text, "its port is no number from 1 to 65535");
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return port;
}

bool has_path(ProbeKind kind) noexcept {
  return kind == ProbeKind::websocket || kind == ProbeKind::http || kind == ProbeKind::https ||
         kind == ProbeKind::dns;
}

std::string take_path(std::string_view& rest, ProbeKind kind, std::string_view text) {
  if (rest.find('#') != std::string_view::npos) refuse_target(text, "it has a fragment");
  std::string path = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  if (!rest.empty() && rest.front() != '/' && rest.front() != '?')
    refuse_target(text, "there is text behind its address");
  rest = {};
  if (kind != ProbeKind::dns) return path;
  try {
    static_cast<void>(DnsQuestion::parse(path));
  } catch (const std::invalid_argument& error) {
    refuse_target(text, error.what());
  }
  return path;
}

}  // namespace

Target Target::parse(std::string_view text) {
  if (text.size() > kLongestTarget) refuse_target(text, "it is too long");
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; }))
    refuse_target(text, "it has a blank or a character that a URL cannot have");
  std::string_view rest = text;
  const Scheme& scheme = take_scheme(rest, text);
  Target target{.kind = scheme.kind, .host = take_host(rest, text), .port = scheme.port, .path = {}};
  const auto port = take_port(rest, text);
  if (scheme.kind == ProbeKind::icmp && port) refuse_target(text, "icmp has no ports");
  if (scheme.kind == ProbeKind::tcp && !port) refuse_target(text, "it has no port");
  if (port) target.port = *port;
  if (has_path(scheme.kind)) target.path = take_path(rest, scheme.kind, text);
  if (!rest.empty() && rest != "/") refuse_target(text, "there is text behind its address");
  return target;
}

std::string Target::to_string() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  std::string shown = host;
  // A zone that looks encoded stays encoded.
  if (net::decoded_zone(host) != host) shown.insert(shown.find('%') + 1, "25");
  std::string text = std::string(probe::to_string(kind)) + "://" + (is_v6 ? "[" + shown + "]" : shown);
  if (kind != ProbeKind::icmp) text += ":" + std::to_string(port);
  return text + path;
}

std::string_view to_string(ProbeKind kind) noexcept {
  const auto* scheme =
      std::find_if(kSchemes.begin(), kSchemes.end(), [kind](const Scheme& s) { return s.kind == kind; });
  return scheme == kSchemes.end() ? "" : scheme->name;
}

}  // namespace kymo::KYMO_ABI::probe
