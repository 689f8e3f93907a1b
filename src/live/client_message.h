#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "subscription.h"

namespace kymo::KYMO_ABI::live {

struct SubscribeMessage {
  Subscription subscription;           ///< normalized
  std::optional<std::uint64_t> since;  ///< the last frame that the client has
};
struct UnsubscribeMessage {};
struct PingMessage {
  std::string id;  ///< as JSON, to be sent back; empty where there was none
};
/// What is wrong with a message, and what to send instead.
struct MessageError {
  std::string message;
};

using ClientMessage = std::variant<SubscribeMessage, UnsubscribeMessage, PingMessage, MessageError>;

/// Reads what a client may send (docs/reference/live.md). `text` is UTF-8. What is not known is an error, so
/// that a slip of the pen does not pass for a subscription to everything. Threads: any. Throws nothing but
/// `std::bad_alloc`.
[[nodiscard]] ClientMessage read_client_message(std::string_view text);

}  // namespace kymo::KYMO_ABI::live
