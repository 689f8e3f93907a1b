#include "echo_message.h"

#include <algorithm>
#include <utility>

#include "numbers.h"

namespace kymo::KYMO_ABI::probe {
namespace {

constexpr std::uint32_t kEchoMagic = 0x6B796D6F;  // "kymo"
constexpr std::uint8_t kEchoVersion = 1;

/// Reads the fields that differ by type, from the fields of an answer in `message`; false: no message.
bool read_type(std::uint8_t type, std::uint16_t reserved, std::size_t bytes, EchoMessage& message) noexcept {
  switch (static_cast<EchoType>(type)) {
    case EchoType::request:
      message.type = EchoType::request;
      return reserved == 0 && message.received_ns == 0 && message.answered_ns == 0 && message.responder == 0;
    case EchoType::answer: message.type = EchoType::answer; return reserved == 0;
    case EchoType::notice: break;
    default: return false;
  }
  message.type = EchoType::notice;
  message.limit = static_cast<EchoLimit>(reserved);
  message.refused = {std::exchange(message.received_ns, 0), std::exchange(message.answered_ns, 0)};
  const bool is_limit_known = reserved == static_cast<std::uint16_t>(EchoLimit::source) ||
                              reserved == static_cast<std::uint16_t>(EchoLimit::all);
  return is_limit_known && bytes == kEchoBytes && (message.refused[0] & 1U) != 0;
}

}  // namespace

void write_echo(const EchoMessage& message, std::span<std::byte> datagram) noexcept {
  std::fill(datagram.begin(), datagram.end(), std::byte{0});
  put_big_endian(datagram.subspan(0), kEchoMagic);
  put_big_endian(datagram.subspan(4), kEchoVersion);
  put_big_endian(datagram.subspan(5), static_cast<std::uint8_t>(message.type));
  put_big_endian(datagram.subspan(6), static_cast<std::uint16_t>(message.limit));
  put_big_endian(datagram.subspan(8), message.session);
  put_big_endian(datagram.subspan(16), message.sequence);
  put_big_endian(datagram.subspan(24), message.sent_ns);
  const bool is_notice = message.type == EchoType::notice;
  put_big_endian(datagram.subspan(32), is_notice ? message.refused[0] : message.received_ns);
  put_big_endian(datagram.subspan(40), is_notice ? message.refused[1] : message.answered_ns);
  put_big_endian(datagram.subspan(48), message.responder);
}

std::optional<EchoMessage> read_echo(std::span<const std::byte> datagram) noexcept {
  if (datagram.size() < kEchoBytes || datagram.size() > kMaxEchoBytes) return std::nullopt;
  if (get_big_endian<std::uint32_t>(datagram) != kEchoMagic) return std::nullopt;
  if (get_big_endian<std::uint8_t>(datagram.subspan(4)) != kEchoVersion) return std::nullopt;
  const auto type = get_big_endian<std::uint8_t>(datagram.subspan(5));
  EchoMessage message;
  message.session = get_big_endian<std::uint64_t>(datagram.subspan(8));
  message.sequence = get_big_endian<std::uint64_t>(datagram.subspan(16));
  message.sent_ns = get_big_endian<std::uint64_t>(datagram.subspan(24));
  message.received_ns = get_big_endian<std::uint64_t>(datagram.subspan(32));
  message.answered_ns = get_big_endian<std::uint64_t>(datagram.subspan(40));
  message.responder = get_big_endian<std::uint64_t>(datagram.subspan(48));
  const auto reserved = get_big_endian<std::uint16_t>(datagram.subspan(6));
  if (!read_type(type, reserved, datagram.size(), message)) return std::nullopt;
  // Padding with content could be used to relay it.
  const auto padding = datagram.subspan(kEchoBytes);
  if (std::any_of(padding.begin(), padding.end(), [](std::byte b) { return b != std::byte{0}; })) {
    return std::nullopt;
  }
  return message;
}

}  // namespace kymo::KYMO_ABI::probe
