#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>

#include "client/client_metrics.h"
#include "client/crowd_options.h"
#include "client/pacer.h"
#include "client/talker.h"

namespace voice {

/// Streams a talker as numbered datagrams; loses and reorders some, like a bad network.
///
/// Threads: the network's only.
class UdpSender final {
 public:
  /// `stream` identifies this sender. Throws std::runtime_error for an invalid server address.
  UdpSender(const boost::asio::any_io_executor& executor, const CrowdOptions& options, std::uint32_t stream,
            Talker talker, ClientMetrics& metrics);

  /// Sends until stop().
  boost::asio::awaitable<void> run();
  void stop();

 private:
  using Datagram = std::vector<std::uint8_t>;

  [[nodiscard]] bool chance(double share) { return std::bernoulli_distribution(share)(random_); }
  void send(const Datagram& datagram);
  void send_or_fail(Datagram datagram);

  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint server_;
  const std::uint32_t stream_;
  const double loss_;
  Talker talker_;
  ClientMetrics& metrics_;
  Pacer pacer_;
  std::minstd_rand random_;
  std::uint16_t sequence_;
  std::optional<Datagram> delayed_;
  bool stopping_ = false;
};

}  // namespace voice
