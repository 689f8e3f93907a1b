#pragma once

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

}  // namespace kymo::KYMO_ABI::net
