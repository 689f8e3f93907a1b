#include "client/crowd.h"

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "audio/sample.h"
#include "client/talker.h"
#include "client/udp_sender.h"
#include "client/websocket_caller.h"

namespace voice {
namespace {

namespace asio = boost::asio;

constexpr auto kWaited = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kLongestFarewell{500};
// The rates of kSourceRatesHz whose frames fit into a usual datagram.
constexpr int kUdpRatesHz[] = {16'000, 8'000, 22'050};

/// The clients and their common thread.
class Crowd final {
 public:
  Crowd(const CrowdOptions& options, const std::vector<Clip>& clips, ClientMetrics& metrics);

  void run();

 private:
  void add_caller(std::uint32_t number, const std::vector<Clip>& clips, ClientMetrics& metrics);
  void add_sender(std::uint32_t number, const std::vector<Clip>& clips, ClientMetrics& metrics);
  template <typename Client>
  asio::awaitable<void> follow(Client& client);
  asio::awaitable<void> end_on_signal();
  asio::awaitable<void> end_after_duration();
  asio::awaitable<void> end();

  const CrowdOptions options_;
  asio::io_context context_{1};  // before the clients, whose sockets and timers belong to it
  std::vector<std::unique_ptr<WebSocketCaller>> callers_;
  std::vector<std::unique_ptr<UdpSender>> senders_;
  std::size_t running_ = 0;
  asio::signal_set signals_{context_, SIGINT, SIGTERM};
};

Crowd::Crowd(const CrowdOptions& options, const std::vector<Clip>& clips, ClientMetrics& metrics)
    : options_(options) {
  for (std::uint32_t i = 0; i < options.clients; ++i) add_caller(i, clips, metrics);
  for (std::uint32_t i = 0; i < options.udp_clients; ++i) add_sender(i, clips, metrics);
}

void Crowd::add_caller(std::uint32_t number, const std::vector<Clip>& clips, ClientMetrics& metrics) {
  const int rate_hz = kSourceRatesHz[number % std::size(kSourceRatesHz)];
  const std::size_t sources = 1 + number % 2;
  std::vector<Talker> talkers;
  for (std::size_t i = 0; i < sources; ++i) {
    talkers.emplace_back(clips[(number + i) % clips.size()], rate_hz, options_.seed + number);
  }
  callers_.push_back(std::make_unique<WebSocketCaller>(context_.get_executor(), options_, number,
                                                       std::move(talkers), metrics));
}

void Crowd::add_sender(std::uint32_t number, const std::vector<Clip>& clips, ClientMetrics& metrics) {
  Talker talker(clips[number % clips.size()], kUdpRatesHz[number % std::size(kUdpRatesHz)],
                options_.seed + number);
  senders_.push_back(
      std::make_unique<UdpSender>(context_.get_executor(), options_, number, std::move(talker), metrics));
}

void Crowd::run() {
  for (const auto& caller : callers_) asio::co_spawn(context_, follow(*caller), asio::detached);
  for (const auto& sender : senders_) asio::co_spawn(context_, follow(*sender), asio::detached);
  asio::co_spawn(context_, end_on_signal(), asio::detached);
  if (options_.duration.count() > 0) asio::co_spawn(context_, end_after_duration(), asio::detached);
  context_.run();
}

template <typename Client>
asio::awaitable<void> Crowd::follow(Client& client) {
  ++running_;
  co_await client.run();
  --running_;
}

asio::awaitable<void> Crowd::end_on_signal() {
  co_await signals_.async_wait(kWaited);
  co_await end();
}

asio::awaitable<void> Crowd::end_after_duration() {
  asio::steady_timer timer(context_, options_.duration);
  co_await timer.async_wait(kWaited);
  co_await end();
}

asio::awaitable<void> Crowd::end() {
  for (const auto& caller : callers_) caller->stop();
  for (const auto& sender : senders_) sender->stop();
  const auto give_up = std::chrono::steady_clock::now() + kLongestFarewell;
  asio::steady_timer timer(context_);
  while (running_ > 0 && std::chrono::steady_clock::now() < give_up) {
    timer.expires_after(std::chrono::milliseconds(10));
    co_await timer.async_wait(kWaited);
  }
  context_.stop();
}

}  // namespace

void run_crowd(const CrowdOptions& options, const std::vector<Clip>& clips, ClientMetrics& metrics) {
  Crowd(options, clips, metrics).run();
}

}  // namespace voice
