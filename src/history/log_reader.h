#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "byte_stream.h"
#include "log_record.h"
#include "record.h"

namespace kymo::KYMO_ABI::history {

/// A stretch of a log that gives no samples.
struct LogSkipped {
  std::size_t offset = 0;
  std::size_t bytes = 0;
  std::size_t ticks = 0;   ///< whole records of ticks in it, which need one that is damaged
  bool is_at_end = false;  ///< as a process leaves behind that ended within a write
  std::string reason;
};

/// Reads a log that lies in memory, which must outlive the reader. Trusts none of the bytes.
///
/// After damage it looks for the next whole record, and gives ticks again from the next key frame on.
/// Threads: one at a time.
class LogReader final {
 public:
  using Entry = std::variant<std::vector<LogSeries>, LogTick, LogSkipped>;

  explicit LogReader(std::span<const std::byte> log) : log_(log) {}

  /// The next entry; nothing at the end. A tick's views are valid until the next call. Throws
  /// `std::bad_alloc`.
  [[nodiscard]] std::optional<Entry> next();
  /// Bytes read so far.
  [[nodiscard]] std::size_t offset() const { return at_; }

 private:
  /// Whether the tick was written after the record that was read last.
  [[nodiscard]] bool follows(const Record& record) const;
  void skip_damage(std::string reason);
  void skip(std::size_t bytes, std::string reason);
  std::optional<Entry> read(const Record& record);
  bool read_tick(const Record& record);
  bool read_body(ByteReader from);
  bool read_columns(ByteReader& from);
  void read_modes(ByteReader& from);
  void read_created(ByteReader& from);
  bool read_changes(ByteReader& from);

  std::span<const std::byte> log_;
  std::size_t at_ = 0;
  std::optional<LogSkipped> skipped_;
  // The state after the last tick.
  bool has_state_ = false;
  std::uint32_t checksum_before_ = 0;
  std::int64_t time_ms_ = 0;
  std::vector<LogColumn> columns_;
  std::vector<LogColumnState> states_;
  std::vector<std::uint64_t> bits_;
  std::vector<std::uint64_t> present_;
  std::vector<std::uint64_t> changed_;
  std::vector<std::uint32_t> stale_;
  std::vector<LogCreated> created_;
  Bytes body_;
};

}  // namespace kymo::KYMO_ABI::history
