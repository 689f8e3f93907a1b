#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

using Sha256Digest = std::array<std::uint8_t, 32>;

/// The SHA-256 of some bytes. Threads: any. Source: FIPS 180-4.
[[nodiscard]] Sha256Digest sha256(std::string_view bytes) noexcept;

}  // namespace kymo::KYMO_ABI::base
