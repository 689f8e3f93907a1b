#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "byte_stream.h"

namespace kymo::KYMO_ABI::history {

/// The version of the records in logs and segments, which docs/reference/history.md draws.
inline constexpr unsigned kRecordVersion = 1;

// The beginning of a record: magic, checksum of all that follows it, length of the record, version, kind and
// two bytes of zero.
inline constexpr std::uint32_t kRecordMagic = 0x4c6d796b;  // "kymL"
inline constexpr std::size_t kRecordBeginning = 16;
inline constexpr std::size_t kRecordChecksumAt = 4;
inline constexpr std::size_t kRecordLengthAt = 8;
inline constexpr std::size_t kMostRecordBytes = std::size_t{1} << 28U;

enum class RecordKind : std::uint8_t { series = 1, key = 2, tick = 3, names = 4, index = 5 };

struct Record {
  RecordKind kind = RecordKind::series;
  std::uint32_t checksum = 0;
  std::size_t size = 0;
  std::span<const std::byte> body;
};

/// Appends the beginning of a record; returns where it is.
std::size_t begin_record(RecordKind kind, Bytes& to);
/// Writes length and checksum of the record that is the end of `to`; returns the checksum.
std::uint32_t end_record(std::size_t at, Bytes& to);

/// The record at the beginning of `bytes`. Without one `reason` says why.
[[nodiscard]] std::optional<Record> read_record(std::span<const std::byte> bytes, std::string& reason);

/// Replaces `to` by a body that begins with its length and is compressed. False where the bytes are no such.
/// Throws `std::bad_alloc`.
[[nodiscard]] bool read_compressed(std::span<const std::byte> body, Bytes& to);

}  // namespace kymo::KYMO_ABI::history
