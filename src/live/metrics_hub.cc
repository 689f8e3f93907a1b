#include <kymo/live/metrics_hub.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/base/duration.h>
#include <kymo/base/json_writer.h>
#include <kymo/format/live_json.h>
#include <kymo/net/json_error.h>

#include "client_message.h"
#include "live_channel.h"
#include "live_client.h"

namespace kymo::KYMO_ABI::live {
namespace {

using net::WebSocketClose;
using Time = MetricsHub::Time;
using ClientPtr = std::shared_ptr<LiveClient>;

constexpr std::size_t kMostErrors = 10;
/// Limit of waiting replies to a client that reads none.
constexpr std::size_t kMostReplies = 16;
/// Delay after a failed Snapshot.
constexpr std::chrono::milliseconds kTryAgain{100};

MetricsHubParts bounded(MetricsHubParts parts) {
  MetricsHubLimits& limits = parts.limits;
  for (auto* const wait : {&limits.patience, &limits.choice_time, &limits.abandoned_time}) {
    *wait = base::bounded_wait(*wait);
  }
  return parts;
}

void remove(std::vector<ClientPtr>& list, const ClientPtr& item) {
  const auto found = std::find(list.begin(), list.end(), item);
  if (found == list.end()) return;
  std::swap(*found, list.back());
  list.pop_back();
}

void add(std::atomic<std::uint64_t>& counter, std::uint64_t n = 1) noexcept {
  counter.fetch_add(n, std::memory_order_relaxed);
}

}  // namespace

class MetricsHub::Impl final {
 public:
  explicit Impl(MetricsHubParts parts)
      : parts_(bounded(std::move(parts))),
        begin_(parts_.clock.steady_now() - std::chrono::seconds(1)),  // so the first frame's number is not 0
        mailbox_(std::make_shared<Mailbox>(parts_.wake)),
        too_slow_(reason_for_slow(parts_.limits.patience)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { mailbox_->close(); }

  [[nodiscard]] std::shared_ptr<LiveClient> make_client() const {
    return std::make_shared<LiveClient>(mailbox_);
  }
  Time work();
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  void handle(const ClientPtr& client, ClientEvent::Opened opened);
  void handle(const ClientPtr& client, ClientEvent::Writable writable);
  void handle(const ClientPtr& client, ClientEvent::Closed closed);
  void handle(const ClientPtr& client, const ClientMessage& message);
  void answer(const ClientPtr& client, const SubscribeMessage& message);
  void answer(const ClientPtr& client, const UnsubscribeMessage& message);
  void answer(const ClientPtr& client, const PingMessage& message);
  void answer(const ClientPtr& client, const MessageError& message);

  void handle_events();
  void tick_channels();
  void tick(LiveChannel& channel);
  void choose_for_silent();
  void drop_abandoned();
  [[nodiscard]] Time next_due() const;

  [[nodiscard]] bool make_room_for_filtered();
  [[nodiscard]] LiveChannel* find_channel(const Subscription& subscription);
  void subscribe(const ClientPtr& client, LiveChannel& channel, std::optional<Seq> since);
  void unsubscribe(const ClientPtr& client);
  void reply(const ClientPtr& client, std::string text);
  void pump(LiveClient& client);
  void send_frame(LiveClient& client);
  [[nodiscard]] std::string hello() const;
  [[nodiscard]] const std::shared_ptr<const Snapshot>& snapshot();

  const MetricsHubParts parts_;
  const Time begin_;
  const std::shared_ptr<Mailbox> mailbox_;
  const std::string too_slow_;  ///< reason for closing a slow client
  std::vector<std::unique_ptr<LiveChannel>> channels_;
  std::deque<ClientEvent> events_;            ///< taken from the mailbox
  std::vector<ClientPtr> silent_;             ///< have not subscribed yet, by age
  Time now_{};                                ///< time of the current work()
  std::shared_ptr<const Snapshot> snapshot_;  ///< of the current work(); null: not taken yet
  std::atomic<std::uint64_t> clients_{0};
  std::atomic<std::uint64_t> frames_sent_{0};
  std::atomic<std::uint64_t> frames_conflated_{0};
  std::atomic<std::uint64_t> slow_closed_{0};
  std::atomic<std::uint64_t> messages_refused_{0};
};

Time MetricsHub::Impl::work() {
  now_ = parts_.clock.steady_now();
  snapshot_ = nullptr;
  tick_channels();
  handle_events();
  choose_for_silent();
  drop_abandoned();
  snapshot_ = nullptr;
  return next_due();
}

const std::shared_ptr<const Snapshot>& MetricsHub::Impl::snapshot() {
  if (snapshot_ == nullptr) snapshot_ = parts_.snapshot();
  return snapshot_;
}

/// An event that throws is already removed and not retried; later events wait for the next call.
void MetricsHub::Impl::handle_events() {
  for (ClientEvent& event : mailbox_->take()) events_.push_back(std::move(event));
  while (!events_.empty()) {
    const ClientEvent event = std::move(events_.front());
    events_.pop_front();
    std::visit([&](const auto& what) { handle(event.client, what); }, event.what);
  }
}

void MetricsHub::Impl::tick_channels() {
  for (const auto& channel : channels_) {
    if (channel->next_due() <= now_ && snapshot() != nullptr) tick(*channel);
  }
}

void MetricsHub::Impl::tick(LiveChannel& channel) {
  channel.advance(snapshot(), now_);
  // A copy: a closed client leaves the channel.
  const std::vector<ClientPtr> clients = channel.clients;
  for (const ClientPtr& client : clients) {
    pump(*client);
    if (!client->is_blocked() || now_ - client->last_sent() < parts_.limits.patience) continue;
    add(slow_closed_);
    client->connection().close(WebSocketClose::try_later, too_slow_);
    unsubscribe(client);
  }
}

/// Sends the next due message, if the client can take one.
void MetricsHub::Impl::pump(LiveClient& client) {
  if (client.is_blocked()) return;
  if (!client.replies.empty()) {
    if (client.send(client.replies.front(), now_, LiveClient::More::waits)) client.replies.pop_front();
    return;
  }
  const LiveChannel* const channel = client.channel;
  if (channel != nullptr && (client.needs_full || client.last_seq < channel->seq())) send_frame(client);
}

void MetricsHub::Impl::send_frame(LiveClient& client) {
  LiveChannel& channel = *client.channel;
  LiveClient::Text frame = client.needs_full ? nullptr : channel.delta(client.last_seq);
  if (frame == nullptr) frame = channel.full(client.since);
  if (!client.send(std::move(frame), now_)) return;
  if (!client.needs_full) add(frames_conflated_, channel.seq() - client.last_seq - 1);
  add(frames_sent_);
  client.needs_full = false;
  client.since.reset();
  client.last_seq = channel.seq();
}

void MetricsHub::Impl::reply(const ClientPtr& client, std::string text) {
  if (client->replies.size() >= kMostReplies) {
    add(messages_refused_);
    client->connection().close(WebSocketClose::not_allowed, "replies are not read");
    return;
  }
  client->replies.push_back(std::make_shared<const std::string>(std::move(text)));
  pump(*client);
}

void MetricsHub::Impl::handle(const ClientPtr& client, ClientEvent::Opened /*opened*/) {
  add(clients_);
  client->is_counted = true;
  client->opened = now_;
  silent_.push_back(client);
  reply(client, hello());
}

void MetricsHub::Impl::handle(const ClientPtr& client, ClientEvent::Writable /*writable*/) { pump(*client); }

void MetricsHub::Impl::handle(const ClientPtr& client, ClientEvent::Closed /*closed*/) {
  // A client that opened without memory for its event was never counted.
  if (std::exchange(client->is_counted, false)) clients_.fetch_sub(1, std::memory_order_relaxed);
  client->has_chosen = true;
  unsubscribe(client);
}

void MetricsHub::Impl::handle(const ClientPtr& client, const ClientMessage& message) {
  client->note_handled();
  if (!client->connection().is_open()) return;
  std::visit([&](const auto& kind) { answer(client, kind); }, message);
}

void MetricsHub::Impl::answer(const ClientPtr& client, const SubscribeMessage& message) {
  LiveChannel* const channel = find_channel(message.subscription);
  if (channel == nullptr) {
    answer(client, MessageError{snapshot() == nullptr
                                    ? "subscribe: nothing is measured yet; try again in a second"
                                    : "subscribe: " + std::to_string(parts_.limits.subscriptions) +
                                          " different subscriptions with names or match are in use at this "
                                          "server; use one of these, or neither names nor match"});
    return;
  }
  subscribe(client, *channel, message.since);
}

void MetricsHub::Impl::answer(const ClientPtr& client, const UnsubscribeMessage& /*message*/) {
  client->has_chosen = true;
  unsubscribe(client);
}

void MetricsHub::Impl::answer(const ClientPtr& client, const PingMessage& message) {
  reply(client, pong_text(message, parts_.clock.system_now()));
}

void MetricsHub::Impl::answer(const ClientPtr& client, const MessageError& message) {
  add(messages_refused_);
  if (++client->errors >= kMostErrors) {
    client->connection().close(WebSocketClose::not_allowed, "ten invalid messages");
    return;
  }
  reply(client, error_text(message.message));
}

// Evicts a channel without clients. The channels of everything, one a rate, do not count against the limit:
// no number of odd subscriptions can lock out a dashboard.
bool MetricsHub::Impl::make_room_for_filtered() {
  const auto is_filtered = [](const auto& channel) { return channel->subscription().is_filtered(); };
  const auto count = std::count_if(channels_.begin(), channels_.end(), is_filtered);
  if (static_cast<std::size_t>(count) < parts_.limits.subscriptions) return true;
  const auto idle = std::find_if(channels_.begin(), channels_.end(), [&](const auto& channel) {
    return is_filtered(channel) && channel->clients.empty();
  });
  if (idle == channels_.end()) return false;
  channels_.erase(idle);
  return true;
}

LiveChannel* MetricsHub::Impl::find_channel(const Subscription& subscription) {
  for (const auto& channel : channels_) {
    if (channel->subscription() == subscription) return channel.get();
  }
  if (subscription.is_filtered() && !make_room_for_filtered()) return nullptr;
  if (snapshot() == nullptr) return nullptr;
  const MetricsHubLimits& limits = parts_.limits;
  channels_.push_back(std::make_unique<LiveChannel>(
      subscription, begin_, ChannelLimits{limits.replay_frames, limits.replay_bytes, limits.shares_frames},
      parts_.on_encoded));
  channels_.back()->abandoned = now_;
  channels_.back()->advance(snapshot(), now_);
  return channels_.back().get();
}

void MetricsHub::Impl::subscribe(const ClientPtr& client, LiveChannel& channel, std::optional<Seq> since) {
  unsubscribe(client);
  client->has_chosen = true;
  client->channel = &channel;
  client->needs_full = true;
  client->since = since;
  channel.clients.push_back(client);
  pump(*client);
}

void MetricsHub::Impl::unsubscribe(const ClientPtr& client) {
  LiveChannel* const channel = std::exchange(client->channel, nullptr);
  if (channel == nullptr) return;
  remove(channel->clients, client);
  if (channel->clients.empty()) channel->abandoned = now_;
}

void MetricsHub::Impl::choose_for_silent() {
  for (const ClientPtr& client : silent_) {
    if (client->has_chosen || now_ - client->opened < parts_.limits.choice_time) continue;
    answer(client, SubscribeMessage{});
    client->has_chosen = true;
  }
  std::erase_if(silent_, [](const ClientPtr& client) { return client->has_chosen; });
}

void MetricsHub::Impl::drop_abandoned() {
  std::erase_if(channels_, [&](const auto& channel) {
    return channel->clients.empty() && now_ - channel->abandoned >= parts_.limits.abandoned_time;
  });
}

Time MetricsHub::Impl::next_due() const {
  Time next = Time::max();
  for (const auto& channel : channels_) {
    // Never in the past: a failing Snapshot must not cause a busy loop.
    next = std::min(next, channel->next_due() <= now_ ? now_ + kTryAgain : channel->next_due());
  }
  if (!silent_.empty()) next = std::min(next, silent_.front()->opened + parts_.limits.choice_time);
  return next;
}

std::string MetricsHub::Impl::hello() const {
  std::string time;
  format::append_live_time(parts_.clock.system_now(), time);
  std::string tick;
  format::append_live_seconds(parts_.tick_interval, tick);
  std::string text;
  base::JsonWriter json(text);
  json.begin_object();
  json.field("type", "hello");
  json.field("protocol", std::uint64_t{1});
  json.field("server", parts_.server);
  json.field("instance", parts_.instance);
  json.key("time");
  json.raw(time);
  json.field("rate_hz", std::uint64_t{1});
  json.key("tick_seconds");
  json.raw(tick);
  json.end_object();
  return text;
}

MetricsHub::Statistics MetricsHub::Impl::statistics() const noexcept {
  return {.clients = clients_,
          .frames_sent = frames_sent_,
          .frames_conflated = frames_conflated_,
          .slow_closed = slow_closed_,
          .messages_refused = messages_refused_};
}

MetricsHub::MetricsHub(MetricsHubParts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}
MetricsHub::~MetricsHub() = default;

std::shared_ptr<net::WebSocketHandler> MetricsHub::make_client() { return impl_->make_client(); }
MetricsHub::Time MetricsHub::work() { return impl_->work(); }
MetricsHub::Statistics MetricsHub::statistics() const noexcept { return impl_->statistics(); }

Route metrics_socket_route(MetricsHub& hub, std::function<bool()> works) {
  return {.method = "GET",
          .path = "/ws/metrics",
          .handle =
              [&hub, works = std::move(works)](const net::HttpRequest&) {
                if (works && !works()) {
                  return net::json_error(
                      503, "live metrics are unavailable: no thread could be made",
                      "raise the limit on threads and restart the process, or poll /api/metrics");
                }
                net::HttpResponse response;
                response.websocket = hub.make_client();
                return response;
              },
          .about = "Metrics as they change, over a WebSocket.",
          .opens_in_browser = false};
}

}  // namespace kymo::KYMO_ABI::live
