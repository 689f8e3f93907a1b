#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <kymo/terminal/series_store.h>

namespace kymo::KYMO_ABI::terminal {

/// The text is no message of the live protocol: further ones cannot be trusted.
class ProtocolError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The kind of a message, for the connection.
enum class MessageKind : std::uint8_t { hello, full, delta, complaint, other };

struct TakenMessage {
  MessageKind kind = MessageKind::other;
  std::string text;  ///< a complaint's
};

/// Reads one message (docs/reference/live.md) into the store. Unknown types and fields are skipped: a later
/// server may have them. Errors: ProtocolError; the store keeps the parts read so far.
TakenMessage take_message(std::string_view text, SeriesStore& store);

/// The subscription to everything at `rate_hz`, continuing after frame `since`.
[[nodiscard]] std::string subscribe_message(int rate_hz, std::optional<std::uint64_t> since);

}  // namespace kymo::KYMO_ABI::terminal
