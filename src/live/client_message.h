#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <kymo/core/labels.h>

namespace kymo::KYMO_ABI::live {

/// A client's choice of series, and the rate. Equal choices are equal, in any spelling.
struct Subscription {
  std::vector<std::string> names;                          ///< ascending; a final `*` is a wildcard
  std::vector<std::pair<std::string, std::string>> match;  ///< ascending; labels that a series must have
  int rate_hz = 1;

  friend auto operator<=>(const Subscription&, const Subscription&) = default;

  /// True if the client wants less than everything.
  [[nodiscard]] bool is_filtered() const noexcept { return !names.empty() || !match.empty(); }
  /// Sorts both lists, and removes redundant names.
  void normalize();
  [[nodiscard]] bool wants_family(std::string_view name) const noexcept;
  [[nodiscard]] bool wants_series(LabelsView labels) const;
};

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

/// The reason for closing a slow client.
[[nodiscard]] std::string reason_for_slow(std::chrono::milliseconds patience);

/// `{"type":"pong","id":…,"time":…}`; without an id where the ping had none.
[[nodiscard]] std::string pong_text(const PingMessage& ping, std::chrono::system_clock::time_point now);

/// `{"type":"error","error":"…"}`
[[nodiscard]] std::string error_text(std::string_view what);

}  // namespace kymo::KYMO_ABI::live
