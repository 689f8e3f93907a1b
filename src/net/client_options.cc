#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>
#include <kymo/net/client_options.h>
#include <kymo/net/resolve.h>

namespace kymo::KYMO_ABI::net {
namespace {

constexpr std::size_t kLongestUrl = 2048;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw ClientError(ClientError::Kind::bad_address, "\"" + std::string(text.substr(0, 80)) + "\": " + why +
                                                        "; expected a URL such as http://127.0.0.1:9464");
}

std::optional<std::uint16_t> port_of(std::string_view digits) {
  const auto port = base::parse_number<std::uint16_t>(digits);
  return port == 0 ? std::nullopt : port;
}

/// Takes the scheme off.
bool take_tls(std::string_view& rest, std::string_view text) {
  const std::size_t end = rest.find("://");
  if (end == std::string_view::npos) return false;
  const std::string_view scheme = rest.substr(0, end);
  rest.remove_prefix(end + 3);
  if (base::equals_ignoring_case(scheme, "https")) return true;
  if (!base::equals_ignoring_case(scheme, "http")) refuse(text, "the scheme is neither http nor https");
  return false;
}

}  // namespace

std::string ClientUrl::authority() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string ClientUrl::to_string() const { return (tls ? "https://" : "http://") + authority() + path; }

bool ClientUrl::is_loopback() const noexcept {
  if (host == "localhost" || host == "::1") return true;
  in_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127;
}

ClientUrl ClientUrl::parse(std::string_view text) {
  if (text.size() > kLongestUrl) refuse(text, "it is too long");
  // Refuse characters that would end a request line, or look like others.
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; })) {
    refuse(text, "it has a blank or a character that a URL cannot have");
  }
  ClientUrl url;
  std::string_view rest = text;
  url.tls = take_tls(rest, text);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  if (path.find_first_of("?#") != std::string_view::npos ||
      authority.find_first_of("?#@") != std::string_view::npos) {
    refuse(text, "it has a query, a fragment or a user's name");
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  url.path = path;
  url.port = url.tls ? 443 : 80;
  const bool is_v6 = authority.starts_with('[');
  const std::size_t host_end = is_v6 ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == std::string_view::npos) refuse(text, "the bracket of its address is not closed");
  url.host = authority.substr(is_v6 ? 1 : 0, host_end - (is_v6 ? 1 : 0));
  if (is_v6) url.host = decoded_zone(url.host);
  std::string_view port = authority.substr(host_end + (is_v6 ? 1 : 0));
  if (!port.empty()) {
    const auto number = port.front() == ':' ? port_of(port.substr(1)) : std::nullopt;
    if (!number) refuse(text, "its port is no number from 1 to 65535");
    url.port = *number;
  }
  if (!parse_address(url.host, url.port) && (is_v6 || !is_valid_name(url.host)))
    refuse(text, "its host is none");
  return url;
}

}  // namespace kymo::KYMO_ABI::net
