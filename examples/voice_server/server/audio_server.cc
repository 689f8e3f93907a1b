#include "server/audio_server.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/endpoint.h"
#include "server/engine.h"
#include "server/room.h"
#include "server/udp_ingest.h"
#include "server/websocket_connection.h"

namespace voice {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;

constexpr auto kWaited = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kBroadcastEvery{1};
constexpr std::chrono::milliseconds kLongestFarewell{500};
/// The kernel would otherwise buffer megabytes for a client that does not read.
constexpr int kSendBufferBytes = 64 * 1024;
constexpr std::chrono::milliseconds kAcceptPause{50};  // after an error such as "too many open files"

/// Texts for error messages: the purpose of an address, its flag, and the command that shows its holder.
struct Use {
  std::string_view what;
  std::string_view flag;
  std::string_view holder_command;
};
constexpr Use kAudioUse{.what = "WebSocket audio", .flag = "--audio", .holder_command = "ss -ltnp"};
constexpr Use kUdpUse{.what = "UDP audio", .flag = "--udp", .holder_command = "ss -lunp"};

std::string explain(const kymo::net::Endpoint& wanted, const Use& use, const std::string& reason) {
  std::ostringstream text;
  text << "cannot listen on " << wanted.to_string() << " for " << use.what << ": " << reason
       << ". End the program that has it (`" << use.holder_command
       << "` shows it), or choose another address with " << use.flag
       << " ADDRESS:PORT; port 0 takes any free one.";
  return text.str();
}

/// A bound socket or acceptor, or an error with the purpose, the address and the remedy.
template <typename Protocol, typename Bind>
auto bind_or_explain(const kymo::net::Endpoint& wanted, const Use& use, Bind bind) {
  const auto address = to_asio<Protocol>(wanted);
  try {
    return bind(address);
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error(explain(wanted, use, error.code().message()));
  }
}

tcp::acceptor bind_audio(asio::io_context& context, const kymo::net::Endpoint& wanted) {
  return bind_or_explain<tcp>(wanted, kAudioUse,
                              [&](const tcp::endpoint& at) { return tcp::acceptor(context, at); });
}

udp::socket bind_udp(asio::io_context& context, const kymo::net::Endpoint& wanted) {
  return bind_or_explain<udp>(wanted, kUdpUse,
                              [&](const udp::endpoint& at) { return udp::socket(context, at); });
}

template <typename AsioEndpoint>
kymo::net::Endpoint to_endpoint(const AsioEndpoint& endpoint) {
  return {.address = endpoint.address().to_string(), .port = endpoint.port()};
}

}  // namespace

class AudioServer::Impl final {
 public:
  Impl(const AudioServerOptions& options, VoiceMetrics& metrics)
      : max_clients_(options.max_clients),
        on_session_message_(options.on_session_message),
        engine_(metrics, options.workers),
        acceptor_(bind_audio(context_, options.audio)),
        signals_(context_, SIGINT, SIGTERM),
        udp_(bind_udp(context_, options.udp), engine_) {
    engine_.on_session_end = options.on_session_end;
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { engine_.workers.stop(); }  // workers use the context, which is destroyed first~

  void run();
  [[nodiscard]] kymo::net::Endpoint audio_endpoint() const { return to_endpoint(acceptor_.local_endpoint()); }
  [[nodiscard]] kymo::net::Endpoint udp_endpoint() const { return to_endpoint(udp_.local_endpoint()); }

 private:
  asio::awaitable<void> accept_clients();
  asio::awaitable<void> pause(std::chrono::milliseconds time);
  asio::awaitable<void> broadcast_state();
  void tell_sessions();
  asio::awaitable<void> end_on_signal();

  const std::size_t max_clients_;
  const std::function<void(const kymo::packs::StreamMessage&)> on_session_message_;
  std::uint64_t last_session_ = 0;
  Engine engine_;  // before the context, whose connections hold its streams
  asio::io_context context_{1};
  Room room_;
  tcp::acceptor acceptor_;
  asio::signal_set signals_;
  UdpIngest udp_;
};

void AudioServer::Impl::run() {
  const auto spawn = [this](auto coroutine) {
    asio::co_spawn(context_, std::move(coroutine), asio::detached);
  };
  spawn([this]() { return accept_clients(); });
  spawn([this]() { return broadcast_state(); });
  spawn([this]() { return end_on_signal(); });
  udp_.start();
  context_.run();
  engine_.workers.stop();
}

asio::awaitable<void> AudioServer::Impl::accept_clients() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(kWaited);
    if (error) {
      co_await pause(kAcceptPause);
      continue;
    }
    if (room_.size() >= max_clients_) {
      engine_.metrics.client_refused();
      continue;  // closes the socket
    }
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(tcp::socket::send_buffer_size(kSendBufferBytes), ignored);
    serve_websocket(std::move(socket), ++last_session_, engine_, room_);
  }
}

asio::awaitable<void> AudioServer::Impl::pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(context_, time);
  co_await timer.async_wait(kWaited);
}

asio::awaitable<void> AudioServer::Impl::broadcast_state() {
  asio::steady_timer tick(context_);
  auto next = std::chrono::steady_clock::now();
  // Broadcasts missed during a stop of the process are not sent later.
  for (;; next = std::max(next + kBroadcastEvery, std::chrono::steady_clock::now())) {
    tick.expires_at(next);
    co_await tick.async_wait(kWaited);
    udp_.end_idle_streams();
    RoomState state = room_.state();
    udp_.add_to(state);
    engine_.metrics.room_changed(state);
    room_.broadcast(state);
    tell_sessions();
  }
}

void AudioServer::Impl::tell_sessions() {
  const auto deliver = [this](const kymo::packs::StreamMessage& message) {
    if (on_session_message_) on_session_message_(message);
    const std::string_view id =
        std::visit([](const auto& held) -> std::string_view { return held.ids.session_id; }, message);
    std::uint64_t session = 0;
    std::from_chars(id.data(), id.data() + id.size(), session);
    return room_.tell(session, to_json(message));
  };
  engine_.metrics.streams().tick(kymo::packs::StreamTime::now(), deliver);
}

asio::awaitable<void> AudioServer::Impl::end_on_signal() {
  co_await signals_.async_wait(kWaited);
  acceptor_.close();
  room_.shut_down();
  const auto give_up = std::chrono::steady_clock::now() + kLongestFarewell;
  while (room_.size() > 0 && std::chrono::steady_clock::now() < give_up) {
    co_await pause(std::chrono::milliseconds(10));
  }
  context_.stop();
}

AudioServer::AudioServer(const AudioServerOptions& options, VoiceMetrics& metrics)
    : impl_(std::make_unique<Impl>(options, metrics)) {}

AudioServer::~AudioServer() = default;

kymo::net::Endpoint AudioServer::audio_endpoint() const { return impl_->audio_endpoint(); }

kymo::net::Endpoint AudioServer::udp_endpoint() const { return impl_->udp_endpoint(); }

void AudioServer::run() { impl_->run(); }

}  // namespace voice
