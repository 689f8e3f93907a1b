#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "client/client_metrics.h"
#include "client/crowd_options.h"
#include "client/talker.h"

namespace voice {

/// A caller over WebSocket: streams one or two sources, reads the answers, leaves now and then, sometimes
/// without a goodbye, and returns.
///
/// Threads: the network's only.
class WebSocketCaller final {
 public:
  /// One talker a source: first the mic, then the speaker. All have the same sample rate.
  WebSocketCaller(const boost::asio::any_io_executor& executor, const CrowdOptions& options,
                  std::uint32_t number, std::vector<Talker> talkers, ClientMetrics& metrics);
  ~WebSocketCaller();

  /// Calls until stop().
  boost::asio::awaitable<void> run();
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace voice
