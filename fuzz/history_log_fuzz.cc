// The log of history: whatever the bytes, the reader does not crash, and its entries cover the log once.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <variant>

#include <kymo/base/crc32c.h>

#include "history/log_reader.h"

namespace {

using namespace kymo::history;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Lets the records meet the reader itself, not its check of their sums. Each tick follows the record before.
void set_checksums(Bytes& log) {
  std::uint32_t before = 0;
  for (std::size_t at = 0; log.size() - at >= kRecordBeginning;) {
    const auto rest = std::span(log).subspan(at);
    std::uint32_t length = 0;
    std::memcpy(&length, &rest[kRecordLengthAt], sizeof length);
    length = in_file_order(length);
    if (length < kRecordBeginning || length > rest.size()) return;
    const auto kind = static_cast<RecordKind>(rest[kRecordLengthAt + 5]);
    if (kind == RecordKind::tick && length >= kRecordBeginning + sizeof before)
      std::memcpy(&rest[kRecordBeginning], &before, sizeof before);
    before = in_file_order(kymo::base::crc32c(rest.subspan(kRecordLengthAt, length - kRecordLengthAt)));
    std::memcpy(&rest[kRecordChecksumAt], &before, sizeof before);
    at += length;
  }
}

void read(std::span<const std::byte> log) {
  LogReader reader(log);
  std::size_t skipped = 0;
  while (const auto entry = reader.next()) {
    if (const auto* skip = std::get_if<LogSkipped>(&*entry)) {
      require(skip->offset >= skipped && skip->bytes > 0 && !skip->reason.empty());
      skipped = skip->offset + skip->bytes;
      require(skipped <= log.size());
    } else if (const auto* tick = std::get_if<LogTick>(&*entry)) {
      require(tick->bits.size() == tick->columns.size() &&
              tick->present.size() == words_for(tick->columns.size()));
    }
  }
  require(reader.offset() == log.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  read(input);
  Bytes log(input.begin(), input.end());
  set_checksums(log);
  read(log);
  return 0;
}
