#include <kymo/probe/target.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "src/net/resolve.h"

namespace kymo::probe {
namespace {

struct Scheme {
  std::string_view name;
  ProbeKind kind;
  std::uint16_t port;  ///< where none is given; 0: one has to be
};

constexpr std::array kSchemes = {
    Scheme{"udp", ProbeKind::udp, kEchoPort},
    Scheme{"tcp", ProbeKind::tcp, 0},
    Scheme{"icmp", ProbeKind::icmp, 0},
    Scheme{"ws", ProbeKind::websocket, 80},
};
constexpr std::size_t kLongestTarget = 2048;

[[noreturn]] void refuse_target(std::string_view text, std::string_view why) {
  std::string shown(text.substr(0, 80));
  std::replace_if(shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  throw std::invalid_argument(
      "\"" + shown + "\" cannot be probed: " + std::string(why) +
      "; expected udp://HOST:PORT, tcp://HOST:PORT, icmp://HOST or ws://HOST:PORT/PATH");
}

const Scheme& take_scheme(std::string_view& rest, std::string_view text) {
  const std::size_t end = rest.find("://");
  if (end == std::string_view::npos) refuse_target(text, "it does not say how");
  const std::string_view name = rest.substr(0, end);
  rest.remove_prefix(end + 3);
  const auto* scheme =
      std::find_if(kSchemes.begin(), kSchemes.end(), [name](const Scheme& s) { return s.name == name; });
  if (scheme == kSchemes.end())
    refuse_target(text, name == "wss" ? "wss is not spoken here, as pings need no secrets; use ws or tcp"
                                      : "there is no such way");
  return *scheme;
}

/// Takes the host off, without brackets.
std::string take_host(std::string_view& rest, std::string_view text) {
  const bool is_v6 = rest.starts_with('[');
  const std::size_t end = is_v6 ? rest.find(']') : std::min(rest.find_first_of(":/?"), rest.size());
  if (end == std::string_view::npos) refuse_target(text, "the bracket of its address is not closed");
  std::string host(rest.substr(is_v6 ? 1 : 0, end - (is_v6 ? 1 : 0)));
  rest.remove_prefix(end + (is_v6 ? 1 : 0));
  const bool is_address = net::parse_address(host, 0).has_value();
  if (is_v6 ? !is_address || host.find(':') == std::string::npos : !is_address && !net::is_valid_name(host))
    refuse_target(text, "its host is neither an address nor a name");
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
  if (scheme.kind == ProbeKind::websocket) {
    if (rest.find('#') != std::string_view::npos) refuse_target(text, "it has a fragment");
    target.path = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
    rest = {};
  }
  if (!rest.empty() && rest != "/") refuse_target(text, "something stands behind its address");
  return target;
}

std::string Target::to_string() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  std::string text = std::string(probe::to_string(kind)) + "://" + (is_v6 ? "[" + host + "]" : host);
  if (kind != ProbeKind::icmp) text += ":" + std::to_string(port);
  return text + path;
}

std::string_view to_string(ProbeKind kind) noexcept {
  const auto* scheme =
      std::find_if(kSchemes.begin(), kSchemes.end(), [kind](const Scheme& s) { return s.kind == kind; });
  return scheme == kSchemes.end() ? "" : scheme->name;
}

}  // namespace kymo::probe
