#include "session_client.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "client_message.h"

namespace kymo::KYMO_ABI::live {
namespace {

using net::WebSocketClose;

/// A session has at most 16 sources, each with two kinds of messages.
constexpr std::size_t kMostWaiting = 64;
constexpr int kMostSessionErrors = 10;

void increment(std::atomic<std::uint64_t>& counter) noexcept {
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

void SessionClient::on_open(std::shared_ptr<net::WebSocketConnection> connection) {
  connection_ = std::move(connection);
  parts_.on_open(shared_from_this());
}

void SessionClient::on_message(std::string_view payload, net::WebSocketMessage kind) {
  if (kind != net::WebSocketMessage::text) {
    return connection_->close(WebSocketClose::not_understood, "messages are JSON texts");
  }
  answer(payload);
}

/// A reply waits like a message: a client that asks faster than it reads gets the newest.
void SessionClient::answer(std::string_view payload) {
  const ClientMessage message = read_client_message(payload);
  if (const auto* ping = std::get_if<PingMessage>(&message)) {
    const auto pong = std::make_shared<const std::string>(pong_text(*ping, parts_.clock.system_now()));
    return static_cast<void>(tell("pong", pong));
  }
  increment(parts_.counts.refused);
  if (++errors_ >= kMostSessionErrors) {
    return connection_->close(WebSocketClose::not_allowed, "ten invalid messages");
  }
  const auto* error = std::get_if<MessageError>(&message);
  const std::string_view what = error != nullptr ? std::string_view(error->message)
                                                 : "a session's stream has no options; send only pings here";
  static_cast<void>(tell("error", std::make_shared<const std::string>(error_text(what))));
}

void SessionClient::on_writable() {
  const std::lock_guard lock(mutex_);
  is_writing_ = false;
  pump();
}

void SessionClient::on_close(WebSocketClose /*code*/) { parts_.on_close(*this); }

bool SessionClient::tell(std::string_view kind, const Text& message) {
  const std::lock_guard lock(mutex_);
  if (is_finishing_) return true;
  if (is_writing_ && parts_.clock.steady_now() - writing_since_ >= parts_.patience) {
    increment(parts_.counts.slow_closed);
    is_finishing_ = true;
    waiting_.clear();
    connection_->close(WebSocketClose::try_later, reason_for_slow(parts_.patience));
    return false;
  }
  keep(kind, message);
  pump();
  return true;
}

void SessionClient::keep(std::string_view kind, const Text& message) {
  const auto same =
      std::ranges::find_if(waiting_, [&](const Waiting& waiting) { return waiting.kind == kind; });
  if (same != waiting_.end()) {
    increment(parts_.counts.conflated);
    waiting_.erase(same);
  } else if (waiting_.size() >= kMostWaiting) {
    increment(parts_.counts.conflated);
    waiting_.pop_front();
  }
  waiting_.push_back({std::string(kind), message});
}

void SessionClient::finish() {
  const std::lock_guard lock(mutex_);
  is_finishing_ = true;
  pump();
}

void SessionClient::close(WebSocketClose code, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  is_finishing_ = true;
  waiting_.clear();
  connection_->close(code, reason);
}

void SessionClient::pump() {
  if (is_writing_) return;
  if (!waiting_.empty()) {
    is_writing_ = connection_->send(waiting_.front().message);
    if (!is_writing_) return;  // it is closing
    writing_since_ = parts_.clock.steady_now();
    increment(parts_.counts.sent);
    waiting_.pop_front();
  } else if (is_finishing_) {
    connection_->close(WebSocketClose::normal, "the session has ended");
  }
}

}  // namespace kymo::KYMO_ABI::live
