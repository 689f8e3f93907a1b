#include "record.h"

#include <algorithm>
#include <cstring>

#include <kymo/base/crc32c.h>

#include "streams.h"

namespace kymo::KYMO_ABI::history {

std::size_t begin_record(RecordKind kind, Bytes& to) {
  const std::size_t at = to.size();
  put_fixed(to, kRecordMagic);
  put_fixed(to, std::uint64_t{0});  // checksum and length, by end_record()
  put_byte(to, kRecordVersion);
  put_byte(to, static_cast<unsigned>(kind));
  put_byte(to, 0);
  put_byte(to, 0);
  return at;
}

std::uint32_t end_record(std::size_t at, Bytes& to) {
  const std::span<std::byte> record = std::span(to).subspan(at);
  const auto length = in_file_order(static_cast<std::uint32_t>(record.size()));
  std::memcpy(&record[kRecordLengthAt], &length, sizeof length);
  const std::uint32_t checksum = base::crc32c(record.subspan(kRecordLengthAt));
  const std::uint32_t in_file = in_file_order(checksum);
  std::memcpy(&record[kRecordChecksumAt], &in_file, sizeof in_file);
  return checksum;
}

std::optional<Record> read_record(std::span<const std::byte> bytes, std::string& reason) {
  const auto refuse = [&reason](const char* why) {
    reason = why;
    return std::nullopt;
  };
  ByteReader from(bytes);
  if (from.fixed<std::uint32_t>() != kRecordMagic) return refuse("no record begins here");
  Record record;
  record.checksum = from.fixed<std::uint32_t>();
  record.size = from.fixed<std::uint32_t>();
  const unsigned version = from.byte();
  const unsigned kind = from.byte();
  if (from.failed() || record.size < kRecordBeginning || record.size > kMostRecordBytes)
    return refuse("the beginning of the record is damaged");
  if (record.size > bytes.size()) return refuse("the record is cut off");
  if (base::crc32c(bytes.subspan(kRecordLengthAt, record.size - kRecordLengthAt)) != record.checksum)
    return refuse("the checksum does not match");
  if (version != kRecordVersion) return refuse("the record has a version that this kymo does not read");
  if (kind < static_cast<unsigned>(RecordKind::series) || kind > static_cast<unsigned>(RecordKind::index))
    return refuse("the record has an unknown kind");
  record.kind = static_cast<RecordKind>(kind);
  record.body = bytes.subspan(kRecordBeginning, record.size - kRecordBeginning);
  return record;
}

bool read_compressed(std::span<const std::byte> body, Bytes& to) {
  ByteReader from(body);
  // zstd makes one byte of at most some hundred thousand.
  constexpr std::size_t kMostRatio = std::size_t{1} << 17U;
  to.resize(from.size(std::min(kMostRecordBytes, body.size() * kMostRatio)));
  return decompress(from.take(from.left()), to);
}

}  // namespace kymo::KYMO_ABI::history
