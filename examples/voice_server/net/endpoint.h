#pragma once

#include <stdexcept>
#include <string>

#include <boost/asio/ip/address.hpp>

#include <kymo/net/http_server.h>

namespace voice {

/// Asio's form of an address. Throws std::runtime_error that quotes an invalid one.
template <typename Protocol>
[[nodiscard]] typename Protocol::endpoint to_asio(const kymo::net::Endpoint& endpoint) {
  boost::system::error_code error;
  const std::string text = endpoint.address == "localhost" ? "127.0.0.1" : endpoint.address;
  const auto address = boost::asio::ip::make_address(text, error);
  if (error) throw std::runtime_error("\"" + endpoint.address + "\" is no IP address");
  return {address, endpoint.port};
}

}  // namespace voice
