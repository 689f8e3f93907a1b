#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/core/snapshot_builder.h>
#include <kymo/live/metrics_hub.h>

#include "live_state.h"
#include "tests/system/manual_clock.h"

namespace kymo::KYMO_ABI::live::test {

/// The transport of one client: a message is taken when the test says so.
class FakeConnection final : public net::WebSocketConnection {
 public:
  using Text = std::shared_ptr<const std::string>;

  bool send(Text text) override {
    if (writing || closed) return false;
    writing = std::move(text);
    return true;
  }
  bool send(Text payload, net::WebSocketMessage /*kind*/) override { return send(std::move(payload)); }
  void close(net::WebSocketClose code, std::string_view why) override {
    if (closed) return;
    closed = code;
    reason = why;
  }
  [[nodiscard]] bool is_open() const noexcept override { return !closed; }

  Text writing;  ///< null: can take another
  std::optional<net::WebSocketClose> closed;
  std::string reason;
};

/// A client of a hub: takes everything at once, unless it is stuck.
class FakeClient final {
 public:
  explicit FakeClient(MetricsHub& hub) : handler_(hub.make_client()) { handler_->on_open(connection_); }
  FakeClient(const FakeClient&) = delete;
  FakeClient& operator=(const FakeClient&) = delete;
  ~FakeClient() { leave(); }

  void say(std::string_view message) const { handler_->on_message(message, net::WebSocketMessage::text); }
  void leave() {
    if (std::exchange(left_, true)) return;
    handler_->on_close(net::WebSocketClose::normal);
  }
  /// Takes what is being written; false where there is nothing.
  bool take() {
    if (connection_->writing == nullptr) return false;
    messages.push_back(std::exchange(connection_->writing, nullptr));
    state.apply(*messages.back());
    handler_->on_writable();
    return true;
  }
  [[nodiscard]] std::optional<net::WebSocketClose> closed() const { return connection_->closed; }
  [[nodiscard]] bool has_message() const { return connection_->writing != nullptr; }
  [[nodiscard]] boost::json::object last() const { return boost::json::parse(*messages.back()).as_object(); }
  [[nodiscard]] const std::shared_ptr<FakeConnection>& connection() const { return connection_; }

  bool stuck = false;
  std::vector<FakeConnection::Text> messages;
  LiveState state;

 private:
  std::shared_ptr<FakeConnection> connection_ = std::make_shared<FakeConnection>();
  std::shared_ptr<net::WebSocketHandler> handler_;
  bool left_ = false;
};

/// A hub over a clock and Snapshots that a test makes.
class LiveWorld final {
 public:
  explicit LiveWorld(MetricsHubLimits limits = {})
      : hub({.snapshot = [this] { return take(); },
             .clock = clock,
             .wake = [this] { ++wakes; },
             .on_encoded = [this](std::chrono::nanoseconds) { ++encoded; },
             .limits = limits}) {
    write([](SnapshotWriter&) {});
  }

  /// What is measured from now on.
  template <class Write>
  void write(const Write& writer) {
    SnapshotBuilder builder;
    writer(builder);
    snapshot = builder.finish(clock.system_now());
  }
  void write_number(double value) {
    write([&](SnapshotWriter& writer) { writer.gauge({"number", "A number."}).add(value); });
  }

  /// Lets the hub work, and clients take what it sends, until nothing is left.
  void settle(const std::vector<FakeClient*>& clients) {
    bool any = true;
    while (any) {
      due = hub.work();
      any = false;
      for (FakeClient* const client : clients) any = (!client->stuck && client->take()) || any;
    }
  }
  void advance(std::chrono::milliseconds by, const std::vector<FakeClient*>& clients) {
    clock.advance(by);
    settle(clients);
  }

  system::ManualClock clock;
  std::shared_ptr<const Snapshot> snapshot;
  bool fails = false;  ///< the taking of Snapshots
  int snapshots = 0;
  int wakes = 0;
  int encoded = 0;
  MetricsHub::Time due{};
  MetricsHub hub;

 private:
  std::shared_ptr<const Snapshot> take() {
    if (fails) throw std::runtime_error("no snapshot");
    ++snapshots;
    return snapshot;
  }
};

}  // namespace kymo::KYMO_ABI::live::test
