#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "byte_stream.h"
#include "columns.h"

// Values of the open window, in packs of a few ticks: quick to write and to read, and smaller than eight
// bytes a value. The blocks of src/history/ are several times smaller, but need the whole window.
namespace kymo::KYMO_ABI::history {

inline constexpr std::size_t kMostPackValues = 32;
inline constexpr std::size_t kMostPackBytes = 16 + 8 * kMostPackValues;

/// Writes the values' bits and returns the bytes written, at most kMostPackBytes. `before`: the value before
/// them. At most kMostPackValues values, at least one.
std::size_t put_pack(std::span<const std::uint64_t> values, std::uint64_t before, ColumnKind kind,
                     std::uint8_t* out) noexcept;

/// Reads as many values as `values` has room for, and returns where the pack ends. May read 8 bytes beyond.
const std::uint8_t* get_pack(const std::uint8_t* at, std::uint64_t before,
                             std::span<std::uint64_t> values) noexcept;

/// LEB128 in memory with room for it.
std::uint8_t* put_varint(std::uint8_t* at, std::uint64_t number) noexcept;
const std::uint8_t* get_varint(const std::uint8_t* at, std::uint64_t& number) noexcept;

}  // namespace kymo::KYMO_ABI::history
