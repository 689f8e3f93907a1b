#pragma once

#include <string_view>
#include <vector>

#include <kymo/net/network.h>

#include "peer.h"

namespace kymo::KYMO_ABI::net {

/// The proxies whose word for a client's address is taken.
class TrustedProxies final {
 public:
  /// `networks` must outlive it.
  explicit TrustedProxies(const std::vector<Network>& networks) noexcept : networks_(networks) {}

  [[nodiscard]] bool trusts(const IpAddress& address) const noexcept;

  /// The client that a request of `proxy` is from. `forwarded_for`: the X-Forwarded-For field, to which each
  /// proxy adds at the right the address that it was asked from. So entries count from the right, as far as
  /// trusted proxies wrote them: the first that is not trusted is the client, and all before it may be
  /// forged. Where an entry is no address, the one to the right of it is as much as is known.
  [[nodiscard]] Peer client_of(const Peer& proxy, std::string_view forwarded_for) const;

 private:
  const std::vector<Network>& networks_;
};

}  // namespace kymo::KYMO_ABI::net
