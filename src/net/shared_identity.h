#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include <kymo/net/tls.h>

namespace kymo::KYMO_ABI::net {

/// The server's current certificate; null: plain text. Threads: any.
class SharedIdentity final {
 public:
  using Identity = std::shared_ptr<const TlsIdentity>;

  explicit SharedIdentity(Identity identity) : identity_(std::move(identity)) {}

  [[nodiscard]] Identity get() const {
    const std::lock_guard lock(mutex_);
    return identity_;
  }
  void set(Identity identity) {
    const std::lock_guard lock(mutex_);
    identity_.swap(identity);
  }

 private:
  mutable std::mutex mutex_;
  Identity identity_;
};

}  // namespace kymo::KYMO_ABI::net
