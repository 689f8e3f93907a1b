#include "client/udp_sender.h"

#include <utility>

#include <boost/asio/buffer.hpp>

#include "net/endpoint.h"
#include "protocol/voice_protocol.h"

namespace voice {

namespace asio = boost::asio;
using asio::ip::udp;

UdpSender::UdpSender(const asio::any_io_executor& executor, const CrowdOptions& options, std::uint32_t stream,
                     Talker talker, ClientMetrics& metrics)
    : socket_(executor),
      server_(to_asio<udp>(options.udp)),
      stream_(stream),
      loss_(options.loss),
      talker_(std::move(talker)),
      metrics_(metrics),
      pacer_(executor, options.jitter, options.seed + stream),
      random_(options.seed + stream),
      sequence_(static_cast<std::uint16_t>(random_())) {  // a random start, so that wrap-around occurs
  socket_.open(server_.protocol());
}

asio::awaitable<void> UdpSender::run() {
  while (!stopping_) {
    const auto late = co_await pacer_.next_frame();
    if (stopping_) break;
    send_or_fail(encode_datagram(talker_.rate_hz(), sequence_++, stream_, talker_.next_frame()));
    metrics_.frame_sent(ClientMetrics::Transport::udp, late);
  }
}

void UdpSender::send_or_fail(Datagram datagram) {
  if (chance(loss_)) {
    metrics_.datagram_lost();
    return;
  }
  if (!delayed_ && chance(loss_)) {
    metrics_.datagram_delayed();
    delayed_ = std::move(datagram);
    return;
  }
  send(datagram);
  if (delayed_) send(*std::exchange(delayed_, std::nullopt));
}

void UdpSender::send(const Datagram& datagram) {
  boost::system::error_code error;  // no listener, or a full buffer: the datagram is lost
  socket_.send_to(asio::buffer(datagram), server_, 0, error);
}

void UdpSender::stop() {
  stopping_ = true;
  pacer_.cancel();
}

}  // namespace voice
