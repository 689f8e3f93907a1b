#include "server/udp_ingest.h"

#include <utility>
#include <variant>

#include <kymo/profile/profile.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace voice {

namespace asio = boost::asio;

UdpIngest::UdpIngest(asio::ip::udp::socket socket, Engine& engine)
    : socket_(std::move(socket)), engine_(engine), buffer_() {}

void UdpIngest::start() {
  asio::co_spawn(socket_.get_executor(), [this]() { return receive(); }, asio::detached);
}

asio::awaitable<void> UdpIngest::receive() {
  Endpoint sender;
  while (true) {
    const auto [error, size] = co_await socket_.async_receive_from(asio::buffer(buffer_), sender,
                                                                   asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return;
    // Any other error belongs to one datagram, and the next one may succeed.
    if (!error) on_datagram(std::span(buffer_).first(size), sender);
  }
}

void UdpIngest::on_datagram(std::span<const std::uint8_t> bytes, const Endpoint& sender) {
  KYMO_PROFILE_FUNCTION();
  auto parsed = parse_datagram(bytes);
  if (const auto* error = std::get_if<ProtocolError>(&parsed)) {
    engine_.metrics.message_refused(error->kind);
    return;
  }
  auto& datagram = std::get<AudioDatagram>(parsed);
  Stream* stream = find_stream({sender, datagram.stream, datagram.rate_hz});
  if (stream == nullptr) {
    engine_.metrics.message_refused(ErrorKind::too_many_streams);
    return;
  }
  stream->last_datagram = std::chrono::steady_clock::now();
  engine_.metrics.audio_received(Source::udp, datagram.samples.size(), datagram.rate_hz);
  stream->sequence.receive(datagram.sequence);
  pass_on(*stream, stream->order.push(std::move(datagram)));
}

UdpIngest::Stream* UdpIngest::find_stream(const StreamKey& key) {
  const auto found = streams_.find(key);
  if (found != streams_.end()) return &found->second;
  // By address alone: a port is changed as easily as a stream's number.
  const auto address = std::get<Endpoint>(key).address();
  const auto held = streams_of_.find(address);
  if (streams_.size() >= kMaxStreams || (held != streams_of_.end() && held->second >= kMaxStreamsOfOne))
    return nullptr;
  auto audio = std::make_shared<AudioStream>(Source::udp, std::get<int>(key), engine_, nullptr);
  const auto added = streams_.emplace(key, Stream{.order = {},
                                                  .sequence = engine_.metrics.udp_stream(),
                                                  .audio = std::move(audio),
                                                  .last_datagram = {}});
  ++streams_of_[address];
  return &added.first->second;
}

void UdpIngest::pass_on(Stream& stream, ReorderBuffer::Outcome outcome) {
  for (AudioDatagram& datagram : outcome.in_order) {
    stream.audio->push({.sequence = datagram.sequence,
                        .samples = std::move(datagram.samples),
                        .received = std::chrono::steady_clock::now()});
  }
}

void UdpIngest::end_idle_streams() {
  const auto oldest = std::chrono::steady_clock::now() - kIdleTime;
  for (auto stream = streams_.begin(); stream != streams_.end();) {
    if (stream->second.last_datagram >= oldest) {
      ++stream;
      continue;
    }
    pass_on(stream->second, stream->second.order.flush());
    const auto held = streams_of_.find(std::get<Endpoint>(stream->first).address());
    if (--held->second == 0) streams_of_.erase(held);
    stream = streams_.erase(stream);
  }
}

void UdpIngest::add_to(RoomState& state) const noexcept {
  state.udp_streams = streams_.size();
  state.streams += streams_.size();
  for (const auto& [key, stream] : streams_) state.speaking += stream.audio->speaking() ? 1 : 0;
}

}  // namespace voice
