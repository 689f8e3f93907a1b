#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

/// Appends both digits of each byte, lower-case. `bytes`: any range of bytes. Threads: any.
template <class Bytes>
void append_hex(const Bytes& bytes, std::string& out) {
  for (const std::uint8_t byte : bytes) out += {kHexDigits[byte >> 4U], kHexDigits[byte & 0xFU]};
}

}  // namespace kymo::KYMO_ABI::base
