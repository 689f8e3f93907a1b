#include <kymo/net/network.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <kymo/base/parse_number.h>

namespace kymo::KYMO_ABI::net {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;
constexpr int kAllBits = 128;
constexpr std::size_t kLongestShown = 80;

bool is_v4(const IpAddress& address) noexcept {
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

/// The address with all bits after the first `bits` zero.
IpAddress prefix_of(IpAddress address, int bits) noexcept {
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(bits - 8 * i, 0, 8);
    address[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00U >> static_cast<unsigned>(kept));
  }
  return address;
}

std::string text_of(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = is_v4(address);
  inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? kMapped.size() : 0), text.data(), text.size());
  return text.data();
}

[[noreturn]] void refuse(std::string_view text, const std::string& reason) {
  throw std::invalid_argument("\"" + std::string(text.substr(0, kLongestShown)) + "\" is no network: " +
                              reason + "; write it as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7");
}

}  // namespace

std::optional<IpAddress> parse_ip_address(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.empty() || text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::copy(text.begin(), text.end(), terminated.begin());
  IpAddress address{};
  if (inet_pton(AF_INET6, terminated.data(), address.data()) == 1) return address;
  std::copy(kMapped.begin(), kMapped.end(), address.begin());
  if (inet_pton(AF_INET, terminated.data(), address.data() + kMapped.size()) == 1) return address;
  return std::nullopt;
}

Network Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_ip_address(text.substr(0, slash));
  if (!address) refuse(text, "it begins with no IP address");
  if (slash == std::string_view::npos) return {*address, kAllBits};
  // An IPv4 address in IPv6 form has an IPv6 prefix.
  const bool v4 = is_v4(*address) && text.substr(0, slash).find(':') == std::string_view::npos;
  const auto bits = base::parse_number<std::uint8_t>(text.substr(slash + 1));
  const int most = v4 ? kAllBits - kMappedBits : kAllBits;
  if (!bits || *bits > most) refuse(text, "its prefix is not a number from 0 to " + std::to_string(most));
  const Network network(prefix_of(*address, *bits + (v4 ? kMappedBits : 0)), *bits + (v4 ? kMappedBits : 0));
  if (network.address_ != *address) {
    refuse(text, "it has bits behind its prefix, and may mean " + text_of(network.address_) + "/" +
                     std::to_string(*bits) + " or " + text_of(*address));
  }
  return network;
}

bool Network::contains(const IpAddress& address) const noexcept {
  if (is_v4(address) && bits_ < kMappedBits) return false;
  return prefix_of(address, bits_) == address_;
}

}  // namespace kymo::KYMO_ABI::net
