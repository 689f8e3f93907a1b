#include "client/websocket_caller.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "client/pacer.h"
#include "net/endpoint.h"
#include "protocol/messages.h"
#include "protocol/voice_protocol.h"

namespace voice {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using Clock = std::chrono::steady_clock;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kConnectTime{3'000};
constexpr std::chrono::milliseconds kFarewellTime{300};
constexpr double kShortestAwaySeconds = 1.0;
constexpr double kLongestAwaySeconds = 4.0;
constexpr double kAbruptShare = 0.25;  // share of the leaves without a goodbye

/// One connection. The visit writes, and its own coroutine reads; both hold it.
struct Connection {
  explicit Connection(const asio::any_io_executor& executor) : stream(executor), ended(executor) {}

  websocket::stream<beast::tcp_stream> stream;
  beast::flat_buffer incoming;
  asio::steady_timer ended;  // cancelled when reading has ended
  bool open = false;
  /// Times of sending the last frames, by source and sequence number.
  std::array<std::array<Clock::time_point, 128>, 2> sent{};
};

}  // namespace

class WebSocketCaller::Impl final {
 public:
  Impl(const asio::any_io_executor& executor, const CrowdOptions& options, std::uint32_t number,
       std::vector<Talker> talkers, ClientMetrics& metrics)
      : options_(options),
        number_(number),
        talkers_(std::move(talkers)),
        metrics_(metrics),
        pacer_(executor, options.jitter, options.seed + number),
        away_(executor),
        random_(options.seed + number) {}

  asio::awaitable<void> run();
  void stop();

 private:
  using ConnectionPtr = std::shared_ptr<Connection>;

  asio::awaitable<bool> connect(Connection& connection);
  asio::awaitable<void> visit(ConnectionPtr connection);
  asio::awaitable<void> stream_audio(Connection& connection);
  asio::awaitable<bool> send_frames(Connection& connection, std::uint32_t sequence,
                                    std::chrono::nanoseconds late);
  asio::awaitable<void> say_goodbye(Connection& connection);
  asio::awaitable<void> listen(ConnectionPtr connection);
  asio::awaitable<void> stay_away();
  void on_text(Connection& connection, std::string_view text);
  void on_report(const Connection& connection, const Report& report);
  [[nodiscard]] Hello hello() const;
  [[nodiscard]] Clock::time_point decide_end();

  const CrowdOptions options_;
  const std::uint32_t number_;
  std::vector<Talker> talkers_;
  ClientMetrics& metrics_;
  Pacer pacer_;
  asio::steady_timer away_;
  std::minstd_rand random_;
  std::uint32_t attempt_ = 0;  // number of attempts to begin the next visit
  bool stopping_ = false;
};

asio::awaitable<void> WebSocketCaller::Impl::run() {
  while (!stopping_) {
    auto connection = std::make_shared<Connection>(away_.get_executor());
    ++attempt_;
    if (co_await connect(*connection)) {
      attempt_ = 0;
      co_await visit(std::move(connection));
    } else {
      metrics_.connection_failed();
    }
    if (!stopping_) co_await stay_away();
  }
}

asio::awaitable<bool> WebSocketCaller::Impl::connect(Connection& connection) {
  auto& tcp = connection.stream.next_layer();
  tcp.expires_after(kConnectTime);
  const auto [failed] = co_await tcp.async_connect(to_asio<asio::ip::tcp>(options_.server), kNoThrow);
  if (failed) co_return false;
  boost::system::error_code ignored;
  tcp.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  tcp.expires_never();
  connection.stream.set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
  const std::string target = "/?attempt_id=" + std::to_string(attempt_);
  const auto [refused] =
      co_await connection.stream.async_handshake(options_.server.to_string(), target, kNoThrow);
  co_return !refused;
}

asio::awaitable<void> WebSocketCaller::Impl::visit(ConnectionPtr connection) {
  const ClientMetrics::Visit measured(metrics_);
  connection->open = true;
  const auto read = [this, connection]() { return listen(connection); };
  asio::co_spawn(away_.get_executor(), read, asio::detached);
  co_await stream_audio(*connection);
  if (!connection->open) co_return;
  const bool abrupt = !stopping_ && std::bernoulli_distribution(kAbruptShare)(random_);
  if (!abrupt) co_await say_goodbye(*connection);
  connection->stream.next_layer().close();
}

asio::awaitable<void> WebSocketCaller::Impl::stream_audio(Connection& connection) {
  const std::string greeting = encode(ClientMessage(hello()));
  connection.stream.text(true);
  const auto [refused, size] = co_await connection.stream.async_write(asio::buffer(greeting), kNoThrow);
  if (refused) co_return;
  connection.stream.binary(true);
  pacer_.restart();
  const auto end = decide_end();
  for (std::uint32_t sequence = 0; Clock::now() < end; ++sequence) {
    const auto late = co_await pacer_.next_frame();
    if (stopping_ || !connection.open) co_return;
    if (!co_await send_frames(connection, sequence, late)) co_return;
  }
}

asio::awaitable<bool> WebSocketCaller::Impl::send_frames(Connection& connection, std::uint32_t sequence,
                                                         std::chrono::nanoseconds late) {
  for (std::size_t i = 0; i < talkers_.size(); ++i) {
    const auto frame = encode_frame(static_cast<Source>(i), sequence, talkers_[i].next_frame());
    auto& times = connection.sent[i];
    times[sequence % times.size()] = Clock::now();
    const auto [error, size] = co_await connection.stream.async_write(asio::buffer(frame), kNoThrow);
    if (error) co_return false;
    metrics_.frame_sent(ClientMetrics::Transport::websocket, late);
  }
  co_return true;
}

asio::awaitable<void> WebSocketCaller::Impl::say_goodbye(Connection& connection) {
  const std::string bye = encode(ClientMessage(Bye{}));
  connection.stream.text(true);
  const auto [error, size] = co_await connection.stream.async_write(asio::buffer(bye), kNoThrow);
  if (error || !connection.open) co_return;
  // The server answers and closes; reading then ends.
  connection.ended.expires_after(kFarewellTime);
  co_await connection.ended.async_wait(kNoThrow);
}

asio::awaitable<void> WebSocketCaller::Impl::listen(ConnectionPtr connection) {
  while (true) {
    connection->incoming.clear();
    const auto [error, size] = co_await connection->stream.async_read(connection->incoming, kNoThrow);
    if (error) break;
    const auto data = connection->incoming.cdata();
    on_text(*connection, std::string_view(static_cast<const char*>(data.data()), data.size()));
  }
  connection->open = false;
  connection->ended.cancel();
}

asio::awaitable<void> WebSocketCaller::Impl::stay_away() {
  std::uniform_real_distribution<double> seconds(kShortestAwaySeconds, kLongestAwaySeconds);
  away_.expires_after(
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds(random_))));
  co_await away_.async_wait(kNoThrow);
}

void WebSocketCaller::Impl::on_text(Connection& connection, std::string_view text) {
  const auto message = parse_server_message(text);
  if (!message) return;
  if (const auto* report = std::get_if<Report>(&*message)) on_report(connection, *report);
  if (std::holds_alternative<RoomState>(*message)) metrics_.room_state_received();
  if (const auto* error = std::get_if<ProtocolError>(&*message)) metrics_.error_received(error->kind);
}

void WebSocketCaller::Impl::on_report(const Connection& connection, const Report& report) {
  const auto& times = connection.sent[index_of(report.source)];
  metrics_.report_received(Clock::now() - times[report.sequence % times.size()]);
}

Hello WebSocketCaller::Impl::hello() const {
  Hello hello{.client = "client-" + std::to_string(number_),
              .sample_rate_hz = talkers_.front().rate_hz(),
              .sources = {}};
  for (std::size_t i = 0; i < talkers_.size(); ++i) hello.sources.push_back(static_cast<Source>(i));
  return hello;
}

Clock::time_point WebSocketCaller::Impl::decide_end() {
  if (options_.churn_per_minute <= 0) return Clock::time_point::max();
  std::exponential_distribution<double> minutes(options_.churn_per_minute);
  // A year exceeds any run; a clock holds at most 292 years.
  constexpr double kLongest = 366.0 * 24 * 60;
  const std::chrono::duration<double, std::ratio<60>> stay(std::min(minutes(random_), kLongest));
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(stay);
}

void WebSocketCaller::Impl::stop() {
  stopping_ = true;
  pacer_.cancel();
  away_.cancel();
}

WebSocketCaller::WebSocketCaller(const asio::any_io_executor& executor, const CrowdOptions& options,
                                 std::uint32_t number, std::vector<Talker> talkers, ClientMetrics& metrics)
    : impl_(std::make_unique<Impl>(executor, options, number, std::move(talkers), metrics)) {}

WebSocketCaller::~WebSocketCaller() = default;

asio::awaitable<void> WebSocketCaller::run() { return impl_->run(); }

void WebSocketCaller::stop() { impl_->stop(); }

}  // namespace voice
