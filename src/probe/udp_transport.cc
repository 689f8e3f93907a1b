#include <algorithm>
#include <array>
#include <cerrno>

#include <sys/socket.h>

#include <kymo/base/file_descriptor.h>

#include "datagram.h"
#include "echo_message.h"
#include "numbers.h"
#include "transport.h"

namespace kymo::KYMO_ABI::probe {
namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

/// Connected, so the kernel refuses other senders, and reports a closed port.
base::FileDescriptor open_udp(const net::SocketAddress& address) {
  base::FileDescriptor fd(::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd && ::connect(fd.get(), address.get(), address.length) != 0) fd.reset();
  if (fd) note_arrivals(fd.get());
  return fd;
}

nanoseconds since(std::uint64_t begin_ns, std::uint64_t end_ns) {
  // Either may be anything that a stranger wrote: as unsigned numbers they wrap around.
  return nanoseconds(static_cast<std::int64_t>(end_ns - begin_ns));
}

class UdpTransport final : public Transport {
 public:
  explicit UdpTransport(const TransportParts& parts)
      : parts_(parts), session_(draw_secret()), begin_(steady_clock::now()) {
    static_cast<void>(open());
  }

  void send(std::uint64_t sequence) override {
    if (!watch_ && !open()) return tell_socket_error(parts_.events, sequence, errno);
    const auto datagram = std::span(buffer_).first(std::clamp(parts_.bytes, kEchoBytes, kMaxEchoBytes));
    write_echo({.session = session_, .sequence = sequence, .sent_ns = time_of(steady_clock::now())},
               datagram);
    // A queued error of an earlier probe fails this call; the second attempt sends the datagram.
    for (int i = 0; i < 2; ++i) {
      if (::send(watch_->fd(), datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0) return;
      parts_.events.on_trouble(udp_error_text(errno));
    }
  }

  void drain() override {
    if (!watch_) return;
    receive_all(
        watch_->fd(), received_, [this](const Datagram& datagram) { take(datagram); },
        [this](int error) { parts_.events.on_trouble(udp_error_text(error)); });
  }

 private:
  /// False and `errno` while there is no route to that address; one may come later.
  bool open() {
    base::FileDescriptor fd = open_udp(parts_.address);
    if (!fd) return false;
    watch_.emplace(parts_.io, std::move(fd), [this] { drain(); });
    return true;
  }

  static std::string udp_error_text(int error) {
    return error == ECONNREFUSED ? "no responder at this port; `kymo serve --probe-responder` is one"
                                 : error_text(error);
  }

  [[nodiscard]] std::uint64_t time_of(steady_clock::time_point time) const {
    return static_cast<std::uint64_t>(nanoseconds(time - begin_).count());
  }

  void take(const Datagram& datagram) {
    const auto message =
        datagram.is_cut ? std::nullopt : read_echo(std::span(received_).first(datagram.bytes));
    if (!message || message->type == EchoType::request || message->session != session_)
      return parts_.events.on_stray();
    if (message->type == EchoType::notice) return take_notice(*message);
    Answer answer{.sequence = message->sequence,
                  .arrived = datagram.arrived,
                  .in_responder = since(message->received_ns, message->answered_ns),
                  .round_trip = {},
                  .ways = {}};
    answer.ways = OneWayTimes{.out = since(message->sent_ns, message->received_ns),
                              .back = since(message->answered_ns, time_of(datagram.arrived)),
                              .responder = message->responder};
    parts_.events.on_answer(answer);
  }

  void take_notice(const EchoMessage& notice) {
    const std::string which = notice.limit == EchoLimit::source
                                  ? "the responder's limit for one address"
                                  : "the responder's limit for all probers together";
    // Probably also the reason for probes without a notice.
    parts_.events.on_trouble(which);
    for (std::uint64_t back = std::min(kRefusedBits, notice.sequence); back-- > 0;) {
      if ((notice.refused[back / 64] >> back % 64 & 1U) != 0)
        parts_.events.on_limit(notice.sequence - back, which);
    }
  }

  TransportParts parts_;
  std::uint64_t session_;
  steady_clock::time_point begin_;
  std::array<std::byte, kMaxEchoBytes> buffer_{};
  std::array<std::byte, kMaxEchoBytes> received_{};
  std::optional<ReadWatch> watch_;
};

}  // namespace

std::unique_ptr<Transport> make_udp_transport(const TransportParts& parts) {
  return std::make_unique<UdpTransport>(parts);
}

}  // namespace kymo::KYMO_ABI::probe
