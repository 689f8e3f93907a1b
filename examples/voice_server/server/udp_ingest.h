#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <tuple>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/udp.hpp>

#include "protocol/messages.h"
#include "protocol/voice_protocol.h"
#include "server/audio_stream.h"
#include "server/engine.h"
#include "server/reorder_buffer.h"

namespace voice {

/// Takes audio as numbered UDP datagrams, like RTP: each stream is put in order and goes into the same
/// pipeline.
///
/// A stream is a sender's address, its stream number and its sample rate; it begins with its first datagram
/// and ends 10 s after its last. Bounded: datagrams of a stream beyond `kMaxStreams`, or
/// beyond `kMaxStreamsOfOne` of one address, are refused and counted.
/// Threads: the network's only.
class UdpIngest final {
 public:
  static constexpr std::size_t kMaxStreams = 256;
  static constexpr std::size_t kMaxStreamsOfOne = 8;
  static constexpr std::chrono::seconds kIdleTime{10};

  UdpIngest(boost::asio::ip::udp::socket socket, Engine& engine);

  [[nodiscard]] boost::asio::ip::udp::endpoint local_endpoint() const { return socket_.local_endpoint(); }

  void start();
  void end_idle_streams();
  /// Adds the UDP streams to the room's.
  void add_to(RoomState& state) const noexcept;

 private:
  using Endpoint = boost::asio::ip::udp::endpoint;
  using StreamKey = std::tuple<Endpoint, std::uint32_t, int>;
  struct Stream {
    ReorderBuffer order;
    kymo::packs::UdpMetrics::Stream sequence;
    std::shared_ptr<AudioStream> audio;
    std::chrono::steady_clock::time_point last_datagram;
  };

  boost::asio::awaitable<void> receive();
  void on_datagram(std::span<const std::uint8_t> bytes, const Endpoint& sender);
  [[nodiscard]] Stream* find_stream(const StreamKey& key);
  void pass_on(Stream& stream, ReorderBuffer::Outcome outcome);

  boost::asio::ip::udp::socket socket_;
  Engine& engine_;
  std::map<StreamKey, Stream> streams_;
  std::map<boost::asio::ip::address, std::size_t> streams_of_;  // number of streams by address
  std::array<std::uint8_t, kMaxFrameBytes + 1> buffer_;  // the last byte detects datagrams over the limit
};

}  // namespace voice
