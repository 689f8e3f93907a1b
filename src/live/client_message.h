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
  std::optional<std::uint64_t> since;  ///< the client's last frame
};
struct UnsubscribeMessage {};
struct PingMessage {
  std::string id;  ///< as JSON, to be sent back; empty: none
};
/// The fault of a message, and the remedy.
struct MessageError {
  std::string message;
};

using ClientMessage = std::variant<SubscribeMessage, UnsubscribeMessage, PingMessage, MessageError>;

/// Reads a client's message (docs/reference/live.md). `text` is UTF-8. Unknown fields are errors, so
/// a typing error does not subscribe to everything. Threads: any. Throws nothing but
/// `std::bad_alloc`.
[[nodiscard]] ClientMessage read_client_message(std::string_view text);

}  // namespace kymo::KYMO_ABI::live
