#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <kymo/packs/stream_sessions.h>

#include "protocol/messages.h"
#include "protocol/voice_protocol.h"
#include "server/audio_stream.h"
#include "server/engine.h"

namespace voice {

/// A client's handshake, as far as it is about its session.
struct Caller {
  std::string attempt_id = "1";  ///< of several to begin the session, as the client counts them
  std::string traceparent = {};  ///< W3C Trace Context; empty: none
};

/// The conversation with one client, without the network: what its messages bring about and what it is
/// answered.
///
/// Whatever a client does wrong is answered and counted, and the session goes on.
/// Threads: one at a time; `send` is also called by workers.
class VoiceSession final {
 public:
  enum class Next { go_on, close };
  using Send = std::function<void(std::string text)>;

  VoiceSession(std::uint64_t id, Engine& engine, Send send, Caller caller = {});

  [[nodiscard]] Next on_text(std::string_view text);
  void on_binary(std::span<const std::uint8_t> bytes);
  /// A message that was too long to be received whole.
  void on_oversize();

  [[nodiscard]] std::size_t streams() const noexcept;
  [[nodiscard]] std::size_t speaking() const noexcept;

 private:
  [[nodiscard]] Next on_hello(const Hello& hello);
  [[nodiscard]] Next on_bye();
  void on_frame(AudioFrame frame);
  void refuse(const ProtocolError& error);

  const std::uint64_t id_;
  Engine& engine_;
  const Send send_;
  kymo::packs::SessionStreams::Session told_;
  int rate_hz_ = 0;  // 0 before the hello
  std::uint64_t frames_ = 0;
  std::array<std::shared_ptr<AudioStream>, 2> streams_;  // by source: mic, speaker
};

}  // namespace voice
