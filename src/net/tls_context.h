#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include <boost/asio/ssl/context.hpp>

#include <kymo/net/tls.h>

namespace kymo::KYMO_ABI::net {

/// OpenSSL's side of an identity. Connections keep the parts that they began with.
class TlsIdentity::Context final {
 public:
  Context();

  [[nodiscard]] boost::asio::ssl::context& ssl() noexcept { return ssl_; }

 private:
  boost::asio::ssl::context ssl_;
};

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
