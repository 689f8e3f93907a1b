#include "live_client.h"

#include <utility>

namespace kymo::KYMO_ABI::live {
namespace {

/// Limit of one client's messages that wait for the hub.
constexpr int kMostQueued = 32;

}  // namespace

void Mailbox::post(ClientEvent event) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  events_.push_back(std::move(event));
  if (events_.size() == 1 && wake_) wake_();
}

std::vector<ClientEvent> Mailbox::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

void Mailbox::close() {
  std::vector<ClientEvent> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  events_.swap(dropped);
}

void LiveClient::on_open(std::shared_ptr<net::WebSocketConnection> connection) {
  connection_ = std::move(connection);
  mailbox_->post({shared_from_this(), ClientEvent::Opened{}});
}

void LiveClient::on_message(std::string_view payload, net::WebSocketMessage kind) {
  if (kind != net::WebSocketMessage::text) {
    connection_->close(net::WebSocketClose::not_understood, "messages are JSON texts");
    return;
  }
  if (++queued_ > kMostQueued) {
    connection_->close(net::WebSocketClose::not_allowed, "more messages at once than can be answered");
    return;
  }
  mailbox_->post({shared_from_this(), read_client_message(payload)});
}

void LiveClient::on_writable() {
  if (blocked_.exchange(false)) mailbox_->post({shared_from_this(), ClientEvent::Writable{}});
}

void LiveClient::on_close(net::WebSocketClose /*code*/) {
  mailbox_->post({shared_from_this(), ClientEvent::Closed{}});
}

/// Sets the flag before the attempt, so an end of writing in between is not missed.
bool LiveClient::send(Text text, Time now, More more) {
  blocked_ = true;
  if (!connection_->send(std::move(text))) return false;
  if (more == More::none) blocked_ = false;
  last_sent_ = now;
  return true;
}

}  // namespace kymo::KYMO_ABI::live
