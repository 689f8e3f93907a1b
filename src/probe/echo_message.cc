#include "echo_message.h"

#include <algorithm>

#include "big_endian.h"

namespace kymo::probe {
namespace {

constexpr std::uint32_t kEchoMagic = 0x6B796D6F;  // "kymo"
constexpr std::uint8_t kEchoVersion = 1;

}  // namespace

void write_echo(const EchoMessage& message, std::span<std::byte> datagram) noexcept {
  std::fill(datagram.begin(), datagram.end(), std::byte{0});
  put_big_endian(datagram.subspan(0), kEchoMagic);
  put_big_endian(datagram.subspan(4), kEchoVersion);
  put_big_endian(datagram.subspan(5), static_cast<std::uint8_t>(message.type));
  put_big_endian(datagram.subspan(8), message.session);
  put_big_endian(datagram.subspan(16), message.sequence);
  put_big_endian(datagram.subspan(24), message.sent_ns);
  put_big_endian(datagram.subspan(32), message.received_ns);
  put_big_endian(datagram.subspan(40), message.answered_ns);
  put_big_endian(datagram.subspan(48), message.responder);
}

std::optional<EchoMessage> read_echo(std::span<const std::byte> datagram) noexcept {
  if (datagram.size() < kEchoBytes || datagram.size() > kMaxEchoBytes) return std::nullopt;
  if (get_big_endian<std::uint32_t>(datagram) != kEchoMagic) return std::nullopt;
  if (get_big_endian<std::uint8_t>(datagram.subspan(4)) != kEchoVersion) return std::nullopt;
  if (get_big_endian<std::uint16_t>(datagram.subspan(6)) != 0) return std::nullopt;
  const auto type = get_big_endian<std::uint8_t>(datagram.subspan(5));
  EchoMessage message;
  message.session = get_big_endian<std::uint64_t>(datagram.subspan(8));
  message.sequence = get_big_endian<std::uint64_t>(datagram.subspan(16));
  message.sent_ns = get_big_endian<std::uint64_t>(datagram.subspan(24));
  message.received_ns = get_big_endian<std::uint64_t>(datagram.subspan(32));
  message.answered_ns = get_big_endian<std::uint64_t>(datagram.subspan(40));
  message.responder = get_big_endian<std::uint64_t>(datagram.subspan(48));
  if (type == static_cast<std::uint8_t>(EchoType::request)) {
    if (message.received_ns != 0 || message.answered_ns != 0 || message.responder != 0) return std::nullopt;
    message.type = EchoType::request;
  } else if (type == static_cast<std::uint8_t>(EchoType::answer)) {
    message.type = EchoType::answer;
  } else {
    return std::nullopt;
  }
  // Padding that says something would be a way to have it sent on.
  const auto padding = datagram.subspan(kEchoBytes);
  if (std::any_of(padding.begin(), padding.end(), [](std::byte b) { return b != std::byte{0}; })) {
    return std::nullopt;
  }
  return message;
}

}  // namespace kymo::probe
