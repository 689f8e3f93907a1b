#pragma once

#include <string_view>
#include <vector>

#include <kymo/net/network.h>

#include "peer.h"

namespace kymo::KYMO_ABI::net {

/// The proxies whose X-Forwarded-For is believed.
class TrustedProxies final {
 public:
  /// `networks` must outlive it.
  explicit TrustedProxies(const std::vector<Network>& networks) noexcept : networks_(networks) {}

  [[nodiscard]] bool trusts(const IpAddress& address) const noexcept;

  /// The client of a request that `proxy` sent. `forwarded_for`: the X-Forwarded-For field, where each proxy
  /// appends its client's address at the right. So entries count from the right, as far as trusted proxies
  /// wrote them. The first untrusted one is the client; all before it may be forged. If an entry is no
  /// address, the one to its right is the last known.
  [[nodiscard]] Peer client_of(const Peer& proxy, std::string_view forwarded_for) const;

 private:
  const std::vector<Network>& networks_;
};

}  // namespace kymo::KYMO_ABI::net
