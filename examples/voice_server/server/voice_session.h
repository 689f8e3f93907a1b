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

/// The parts of a client's handshake that concern its session.
struct Caller {
  std::string attempt_id = "1";  ///< number of the client's attempt to begin the session
  std::string traceparent = {};  ///< W3C Trace Context; empty: none
};

/// The conversation with one client, without the network: the effects of its messages and the
/// answers.
///
/// A client's errors are answered and counted, and the session goes on. Threads: one at a time;
/// workers also call `send`.
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
