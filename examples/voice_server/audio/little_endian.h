#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace voice {

/// Whole numbers in bytes, lowest byte first, as in WAV files and the audio protocol. Readers require
/// `offset` and the number's bytes to lie within `bytes`.
[[nodiscard]] constexpr std::uint16_t read_u16(std::span<const std::uint8_t> bytes,
                                               std::size_t offset) noexcept {
  return static_cast<std::uint16_t>(bytes[offset] | (bytes[offset + 1] << 8));
}

[[nodiscard]] constexpr std::uint32_t read_u32(std::span<const std::uint8_t> bytes,
                                               std::size_t offset) noexcept {
  return static_cast<std::uint32_t>(read_u16(bytes, offset)) |
         (static_cast<std::uint32_t>(read_u16(bytes, offset + 2)) << 16);
}

inline void append_u16(std::vector<std::uint8_t>& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value & 0xFF));
  out.push_back(static_cast<std::uint8_t>(value >> 8));
}

inline void append_u32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  append_u16(out, static_cast<std::uint16_t>(value & 0xFFFF));
  append_u16(out, static_cast<std::uint16_t>(value >> 16));
}

}  // namespace voice
