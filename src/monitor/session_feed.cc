#include <kymo/monitor/session_feed.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/base/clock.h>
#include <kymo/core/registry.h>
#include <kymo/core/snapshot_writer.h>
#include <kymo/live/session_hub.h>
#include <kymo/pulse/tick_thread.h>

namespace kymo::KYMO_ABI {
namespace {

using packs::EndMessage;
using packs::SendResult;
using packs::StreamMessage;
using packs::StreamTime;

live::SessionHub::Text shared(std::string json) {
  return std::make_shared<const std::string>(std::move(json));
}

/// A newer message replaces an older one of the same kind: of the same type and source.
std::string kind_of(const StreamMessage& message) {
  const auto* metrics = std::get_if<packs::MetricsMessage>(&message);
  return metrics != nullptr ? "metrics " + metrics->source
                            : "status " + std::get<packs::StatusMessage>(message).source;
}

std::string_view id_of(const StreamMessage& message) {
  return std::visit([](const auto& held) { return std::string_view(held.ids.session_id); }, message);
}

std::vector<live::SessionMessage> standing_messages(const packs::SessionStreams& streams,
                                                    std::string_view session_id) {
  std::vector<live::SessionMessage> messages;
  for (packs::StatusMessage& status : streams.standing_statuses(session_id, StreamTime::now())) {
    const StreamMessage message = std::move(status);
    messages.push_back({kind_of(message), shared(packs::to_json(message))});
  }
  return messages;
}

void write_feed_metrics(const live::SessionHub::Statistics& statistics, SnapshotWriter& writer) {
  const auto add_counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    writer.counter({name, help}).add(static_cast<double>(value));
  };
  writer.gauge({"kymo_session_clients", "Connections that follow a session now."})
      .add(static_cast<double>(statistics.clients));
  add_counter("kymo_session_messages_sent_total", "Messages sent to connections that follow a session.",
              statistics.messages_sent);
  add_counter("kymo_session_messages_conflated_total",
              "Messages replaced by a newer one before a connection could receive them.",
              statistics.messages_conflated);
  add_counter("kymo_session_slow_closed_total",
              "Connections that follow a session, closed because they received a message too slowly.",
              statistics.slow_closed);
  add_counter("kymo_session_messages_refused_total",
              "Invalid messages from connections that follow a session.", statistics.messages_refused);
}

std::chrono::milliseconds whole_milliseconds(std::chrono::steady_clock::duration interval) {
  return std::max(std::chrono::milliseconds(1), std::chrono::ceil<std::chrono::milliseconds>(interval));
}

/// Outlives connections, which may outlive their feed.
const base::Clock& machine_clock() {
  static const base::RealClock clock;
  return clock;
}

}  // namespace

class SessionFeed::Impl final {
 public:
  Impl(Registry& registry, packs::SessionStreams streams, const SessionFeedOptions& options);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  SendResult deliver(const StreamMessage& message);
  [[nodiscard]] live::SessionHub& hub() noexcept { return hub_; }

 private:
  void end(const EndMessage& message);

  packs::SessionStreams streams_;
  live::SessionHub hub_;
  Registration metrics_;
  std::optional<pulse::TickThread> ticks_;
};

SessionFeed::Impl::Impl(Registry& registry, packs::SessionStreams streams, const SessionFeedOptions& options)
    : streams_(std::move(streams)),
      hub_({.goes_on = [known = streams_](std::string_view id) { return known.goes_on(id); },
            .standing = [known = streams_](std::string_view id) { return standing_messages(known, id); },
            .clock = machine_clock(),
            .patience = options.patience}) {
  metrics_ =
      registry.add_producer([this](SnapshotWriter& writer) { write_feed_metrics(hub_.statistics(), writer); },
                            {.name = "kymo_sessions", .has_deadline = false});
  if (options.ticks) {
    const auto tick = [this] {
      streams_.tick(StreamTime::now(), [this](const StreamMessage& message) { return deliver(message); });
    };
    ticks_.emplace(whole_milliseconds(streams_.interval()), tick, "kymo-sessions");
  }
  streams_.on_end([this](const EndMessage& message) { end(message); });
}

SessionFeed::Impl::~Impl() {
  streams_.on_end(nullptr);
  if (ticks_) ticks_->stop();
}

SendResult SessionFeed::Impl::deliver(const StreamMessage& message) {
  const std::string_view id = id_of(message);
  if (!hub_.is_followed(id)) return SendResult::unwanted;
  hub_.tell(id, kind_of(message), shared(packs::to_json(message)));
  return SendResult::sent;
}

void SessionFeed::Impl::end(const EndMessage& message) {
  const std::string& id = message.ids.session_id;
  if (hub_.is_followed(id)) hub_.end(id, shared(packs::to_json(message)));
}

SessionFeed::SessionFeed(Registry& registry, packs::SessionStreams streams, SessionFeedOptions options)
    : impl_(std::make_unique<Impl>(registry, std::move(streams), options)) {}

SessionFeed::~SessionFeed() = default;

live::Route SessionFeed::route() { return live::session_socket_route(impl_->hub()); }

SendResult SessionFeed::deliver(const StreamMessage& message) { return impl_->deliver(message); }

}  // namespace kymo::KYMO_ABI
