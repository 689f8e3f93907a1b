#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <kymo/net/websocket.h>

namespace kymo::KYMO_ABI::net {

/// Parses a WebSocket client's frames alongside Beast (RFC 6455 5.2), and stores only the payload of a Close
/// frame.
///
/// Beast 1.81 reads the frames itself, but has two gaps. First, close codes: it echoes 5000 to 65535, refuses
/// the registered 1014, and calls a reason that is not UTF-8 a protocol error. Second, time: it waits forever
/// for the rest of a frame or message that arrives byte by byte. Threads: one.
class FrameWatch final {
 public:
  /// Takes the client's next bytes. Returns how many of them Beast may read: all, or those before a Close
  /// frame with a verdict(). Call it no more after that.
  [[nodiscard]] std::size_t take(std::string_view bytes) noexcept;

  /// The answer to a Close frame, if Beast would send another one.
  [[nodiscard]] std::optional<WebSocketClose> verdict() const noexcept { return verdict_; }

  /// Number of ended messages, and of control frames between messages.
  [[nodiscard]] std::uint64_t ended() const noexcept { return ended_; }
  /// True while a frame or a fragmented message is incomplete.
  [[nodiscard]] bool is_in_message() const noexcept { return in_fragments_ || part_ != Part::first_byte; }

 private:
  enum class Part : std::uint8_t { first_byte, length, long_length, mask, payload };

  void take_byte(std::uint8_t byte) noexcept;
  void begin_payload() noexcept;
  void take_payload(std::uint8_t byte) noexcept;
  void end_frame() noexcept;
  [[nodiscard]] bool is_close() const noexcept;

  Part part_ = Part::first_byte;
  std::uint8_t first_ = 0;  ///< of the frame: FIN, reserved bits, opcode
  bool is_masked_ = false;
  int missing_ = 0;           ///< bytes of a long length, or of a mask
  std::uint64_t length_ = 0;  ///< rest of the payload
  std::array<std::uint8_t, 4> mask_{};
  std::array<char, 125> close_{};  ///< payload of a Close frame
  std::size_t close_size_ = 0;
  bool in_fragments_ = false;
  std::uint64_t ended_ = 0;
  std::optional<WebSocketClose> verdict_;
};

/// The code to answer a Close frame's payload with, if it differs from the code in it (RFC 6455 5.5.1, 7.4).
[[nodiscard]] std::optional<WebSocketClose> close_fault(std::string_view payload) noexcept;

}  // namespace kymo::KYMO_ABI::net
