#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// The CRC-32C of some bytes, continued from `before`, that of the bytes before them. Threads: any. Cost: the
/// processor's own instruction where there is one, else a table. Source: RFC 3720, B.4.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0) noexcept;

/// The same without the processor's instruction. For tests.
[[nodiscard]] std::uint32_t crc32c_by_table(std::span<const std::byte> bytes,
                                            std::uint32_t before = 0) noexcept;

}  // namespace kymo::KYMO_ABI::base
