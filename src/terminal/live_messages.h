#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <kymo/terminal/series_store.h>

namespace kymo::KYMO_ABI::terminal {

/// A text that is no message of the live protocol: what follows it cannot be trusted.
class ProtocolError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a message was, as far as the connection is concerned.
enum class MessageKind : std::uint8_t { hello, full, delta, complaint, other };

struct TakenMessage {
  MessageKind kind = MessageKind::other;
  std::string text;  ///< a complaint's
};

/// Reads one message (docs/reference/live.md) into the store. Types and fields that are not known are
/// passed over: a later server may have them. Errors: ProtocolError, with the store as the message left it.
TakenMessage take_message(std::string_view text, SeriesStore& store);

/// The subscription to everything at `rate_hz`, going on after frame `since`.
[[nodiscard]] std::string subscribe_message(int rate_hz, std::optional<std::uint64_t> since);

}  // namespace kymo::KYMO_ABI::terminal
