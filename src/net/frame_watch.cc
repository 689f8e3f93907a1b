#include "frame_watch.h"

#include <algorithm>

#include <kymo/base/utf8.h>

namespace kymo::KYMO_ABI::net {
namespace {

constexpr std::uint8_t kFin = 0x80;
constexpr std::uint8_t kOpcode = 0x0f;
constexpr std::uint8_t kControl = 0x08;  // the bit that all control frames' opcodes have
constexpr std::uint8_t kCloseOpcode = 0x08;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint64_t kTwoBytes = 126;
constexpr std::uint64_t kEightBytes = 127;
constexpr std::uint16_t kBadGateway = 1014;  // registered, and unknown to Beast 1.81

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = base::utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

/// RFC 6455 7.4.2, and IANA's registry of close codes: 1000 to 1014 except those that are never sent, and the
/// ranges for libraries and applications.
bool may_be_sent(std::uint16_t code) noexcept {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= kBadGateway && (code < 1004 || code > 1006);
}

}  // namespace

std::optional<WebSocketClose> close_fault(std::string_view payload) noexcept {
  if (payload.empty()) return std::nullopt;
  if (payload.size() == 1) return WebSocketClose::protocol_error;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(payload[i]); };
  const auto code = static_cast<std::uint16_t>((byte(0) << 8U) | byte(1));
  if (!may_be_sent(code)) return WebSocketClose::protocol_error;
  if (!is_utf8(payload.substr(2))) return WebSocketClose::not_utf8;
  return std::nullopt;
}

bool FrameWatch::is_close() const noexcept { return (first_ & kOpcode) == kCloseOpcode; }

/// Payloads are skipped whole, except a Close frame's.
std::size_t FrameWatch::take(std::string_view bytes) noexcept {
  std::size_t frame_begin = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    if (part_ == Part::first_byte) frame_begin = i;
    if (part_ == Part::payload && !is_close()) {
      const auto passed = std::min<std::uint64_t>(length_, bytes.size() - i);
      length_ -= passed;
      i += static_cast<std::size_t>(passed);
      if (length_ == 0) end_frame();
      continue;
    }
    take_byte(static_cast<std::uint8_t>(bytes[i]));
    ++i;
    if (verdict_) return frame_begin;
  }
  return bytes.size();
}

void FrameWatch::take_byte(std::uint8_t byte) noexcept {
  switch (part_) {
    case Part::first_byte:
      first_ = byte;
      part_ = Part::length;
      return;
    case Part::length:
      is_masked_ = (byte & kMasked) != 0;
      length_ = byte & static_cast<std::uint8_t>(~kMasked);
      missing_ = length_ == kTwoBytes ? 2 : length_ == kEightBytes ? 8 : 0;
      if (missing_ == 0) return begin_payload();
      length_ = 0;
      part_ = Part::long_length;
      return;
    case Part::long_length:
      length_ = length_ << 8U | byte;
      if (--missing_ == 0) begin_payload();
      return;
    case Part::mask:
      mask_[static_cast<std::size_t>(4 - missing_)] = byte;
      if (--missing_ == 0) {
        part_ = Part::payload;
        if (length_ == 0) end_frame();
      }
      return;
    case Part::payload: return take_payload(byte);
  }
}

/// Beast refuses a frame without a mask, and a too long Close frame.
void FrameWatch::begin_payload() noexcept {
  close_size_ = 0;
  if (is_masked_) {
    missing_ = static_cast<int>(mask_.size());
    part_ = Part::mask;
    return;
  }
  mask_ = {};
  part_ = Part::payload;
  if (length_ == 0) end_frame();
}

void FrameWatch::take_payload(std::uint8_t byte) noexcept {
  if (close_size_ < close_.size()) {
    close_[close_size_] = static_cast<char>(byte ^ mask_[close_size_ % mask_.size()]);
    ++close_size_;
  }
  if (--length_ == 0) end_frame();
}

void FrameWatch::end_frame() noexcept {
  part_ = Part::first_byte;
  const bool is_last = (first_ & kFin) != 0;
  if ((first_ & kControl) == 0) in_fragments_ = !is_last;
  if (!in_fragments_) ++ended_;
  if (!is_close() || !is_last || !is_masked_) return;
  const std::string_view payload(close_.data(), close_size_);
  verdict_ = close_fault(payload);
  const bool is_for_beast = payload.size() < 2 ||
                            static_cast<std::uint8_t>(payload[0]) != kBadGateway >> 8U ||
                            static_cast<std::uint8_t>(payload[1]) != (kBadGateway & 0xffU);
  if (!verdict_ && !is_for_beast) verdict_ = static_cast<WebSocketClose>(kBadGateway);
}

}  // namespace kymo::KYMO_ABI::net
