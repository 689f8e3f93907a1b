#include "host_address.h"

#include <system_error>
#include <utility>
#include <variant>

namespace kymo::KYMO_ABI::probe {
namespace {

constexpr auto kAskEach = std::chrono::minutes(1);
constexpr auto kAskAgain = std::chrono::seconds(5);

}  // namespace

HostAddress::HostAddress(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {
  address_ = net::parse_address(host_, port_);
  is_name_ = !address_ || net::without_zone(host_) != host_;
  if (address_) ++changes_;
}

bool HostAddress::is_time_to_ask(Time now) const noexcept {
  if (!asked_) return true;
  return now - *asked_ >= (address_ && !is_doubted_ ? std::chrono::seconds(kAskEach) : kAskAgain);
}

void HostAddress::refresh(Time now) {
  if (!is_name_) return;
  if (asking_) {
    const auto result = asking_->result();
    if (!result) return;
    take(*result);
    asking_.reset();
    return;
  }
  if (!is_time_to_ask(now)) return;
  asked_ = now;
  // If the current address does not answer, another address of the name may.
  const auto preferred = std::exchange(is_doubted_, false) ? std::nullopt : address_;
  if (net::is_address(host_)) return look_up_zone();
  if (!address_ && trouble_.empty()) trouble_ = "the address of " + host_ + " is still unknown";
  try {
    asking_ = std::make_unique<net::NameResolution>(host_, port_, preferred);
  } catch (const std::system_error&) {
    trouble_ = "no thread could be made to resolve " + host_ + " on";
  }
}

void HostAddress::take(const net::NameResolution::Result& result) {
  if (const auto* error = std::get_if<std::string>(&result)) {
    trouble_ = host_ + " has no address: " + *error;
    return;
  }
  take(std::get<net::SocketAddress>(result));
}

void HostAddress::look_up_zone() {
  if (const auto found = net::parse_address(host_, port_)) return take(*found);
  trouble_ = "this machine has no interface " + host_.substr(net::without_zone(host_).size() + 1);
}

void HostAddress::take(const net::SocketAddress& found) {
  trouble_.clear();
  if (address_ && *address_ == found) return;
  address_ = found;
  ++changes_;
}

}  // namespace kymo::KYMO_ABI::probe
