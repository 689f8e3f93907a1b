#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/protocol_error.h"
#include "protocol/source.h"

namespace voice {

// The text half of the protocol: one JSON object a WebSocket text message; its "type" identifies it.

/// The longest text that a client may send.
inline constexpr std::size_t kMaxTextBytes = 4'096;

/// First message of a client: {"type":"hello","client":"anna","sample_rate":48000,"sources":["mic"]}
struct Hello {
  std::string client;  ///< 1 to 64 of letters, digits, '-', '_' and '.'
  int sample_rate_hz = 0;
  std::vector<Source> sources;  ///< each once, at least one

  friend bool operator==(const Hello&, const Hello&) = default;
};

/// A client's last message: {"type":"bye"}. The server answers with a Farewell and closes.
struct Bye {
  friend bool operator==(const Bye&, const Bye&) = default;
};

/// The answer to a hello.
struct Welcome {
  std::uint64_t session = 0;
  std::int64_t frame_ms = 0;
  std::size_t queue_frames = 0;

  friend bool operator==(const Welcome&, const Welcome&) = default;
};

/// The server's analysis of the last 100 ms of a source.
struct Report {
  Source source = Source::mic;
  std::uint32_t sequence = 0;  ///< of the last included frame
  double level_dbfs = 0;
  double peak_dbfs = 0;
  bool speech = false;
  std::optional<double> pitch_hz = std::nullopt;
  std::size_t queue_depth = 0;
  std::uint64_t dropped = 0;  ///< frames of this source since the hello

  friend bool operator==(const Report&, const Report&) = default;
};

/// State of the whole server, sent to all clients once a second.
struct RoomState {
  std::size_t clients = 0;
  std::size_t streams = 0;
  std::size_t speaking = 0;
  std::size_t udp_streams = 0;

  friend bool operator==(const RoomState&, const RoomState&) = default;
};

/// The answer to a bye.
struct Farewell {
  std::uint64_t frames = 0;  ///< received in the session

  friend bool operator==(const Farewell&, const Farewell&) = default;
};

using ClientMessage = std::variant<Hello, Bye>;
using ServerMessage = std::variant<Welcome, Report, RoomState, Farewell, ProtocolError>;

/// Both parsers accept any bytes of the network and ignore unknown members. Threads: any.
[[nodiscard]] std::variant<ClientMessage, ProtocolError> parse_client_message(std::string_view text);
/// Nothing if the text is no message of a server.
[[nodiscard]] std::optional<ServerMessage> parse_server_message(std::string_view text);

[[nodiscard]] std::string encode(const ClientMessage& message);
/// Numbers of a Report are rounded to one decimal.
[[nodiscard]] std::string encode(const ServerMessage& message);

}  // namespace voice
