#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <kymo/net/websocket.h>

namespace kymo::KYMO_ABI::net {

/// Reads along with a WebSocket's client, frame by frame (RFC 6455 5.2), and keeps nothing but the payload of
/// a Close frame.
///
/// Beast 1.81 reads the frames themselves; two things it leaves out. It echoes the close codes 5000 to 65535,
/// refuses 1014, which is registered, and calls a reason that is not UTF-8 a protocol error. And it waits for
/// ever for the rest of a frame or message of which a byte comes now and then. Threads: one.
class FrameWatch final {
 public:
  /// Takes the next bytes of the client. Returns how many of them may be read by others: all, or those before
  /// a Close frame that has a verdict(). Nothing more may be taken then.
  [[nodiscard]] std::size_t take(std::string_view bytes) noexcept;

  /// The answer that a Close frame must get, where Beast gives another one.
  [[nodiscard]] std::optional<WebSocketClose> verdict() const noexcept { return verdict_; }

  /// Messages that have ended, and control frames that stood between messages.
  [[nodiscard]] std::uint64_t ended() const noexcept { return ended_; }
  /// A frame has begun and not ended, or a message has begun whose last frame has not.
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
  std::uint64_t length_ = 0;  ///< of the payload that is still to come
  std::array<std::uint8_t, 4> mask_{};
  std::array<char, 125> close_{};  ///< payload of a Close frame
  std::size_t close_size_ = 0;
  bool in_fragments_ = false;
  std::uint64_t ended_ = 0;
  std::optional<WebSocketClose> verdict_;
};

/// The code to answer a Close frame's payload with, where that is not the code in it (RFC 6455 5.5.1, 7.4).
[[nodiscard]] std::optional<WebSocketClose> close_fault(std::string_view payload) noexcept;

}  // namespace kymo::KYMO_ABI::net
