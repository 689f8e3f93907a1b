#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "column_code.h"
#include "columns.h"
#include "streams.h"
#include "summary.h"

namespace kymo::KYMO_ABI::history {

/// The version of the byte format, which docs/reference/history.md draws.
inline constexpr unsigned kBlockVersion = 1;

/// Limits of a block. A reader refuses more, so a hostile block cannot ask for much memory.
inline constexpr std::size_t kMostTicks = 1U << 16U;
inline constexpr std::size_t kMostSeries = 1U << 12U;
inline constexpr std::size_t kMostValues = 1U << 24U;  ///< of one series, over all its columns
inline constexpr std::size_t kMostHeadBytes = 1U << 24U;
inline constexpr std::size_t kMostStreamBytes = 1U << 27U;
inline constexpr std::size_t kMostBlockBytes = 1U << 28U;

/// Bytes at the beginning of a block that say its length.
inline constexpr std::size_t kBlockBeginning = 16;

/// Writes blocks. Keeps the memory of its work. Threads: one at a time.
class BlockEncoder final {
 public:
  /// The bytes of a block, bit for bit reversible. Throws `std::invalid_argument` for columns that fault_of()
  /// finds a fault of or that exceed a limit, and `std::bad_alloc`. Cost: some 15 ns a value.
  [[nodiscard]] Bytes encode(const BlockColumns& block);

 private:
  [[nodiscard]] Bytes assemble();

  Compressor compressor_;
  ColumnEncoder columns_;
  Streams streams_;
  Bytes head_;
};

[[nodiscard]] Bytes encode_block(const BlockColumns& block);

/// Whether a reader looks for damage. A block that never left this process' memory has none.
enum class Checksum : std::uint8_t { verify, skip };

/// Reads a block that lies in memory, which must outlive the reader. Trusts none of the bytes.
///
/// Reading one series decompresses the streams that it has codes in, once, and decodes no other series.
/// Threads: one at a time.
class BlockReader final {
 public:
  /// The length of the block that begins here, as its first kBlockBeginning bytes say. Nothing where no block
  /// begins.
  [[nodiscard]] static std::optional<std::size_t> size_of(std::span<const std::byte> beginning);

  /// Checks magic, version, length and checksum, and reads the summaries. `bytes` are those of one block.
  /// Without a reader `error` says what is wrong. Throws `std::bad_alloc`. Cost: some 10 µs for 64 series, of
  /// which the checksum takes a third.
  [[nodiscard]] static std::optional<BlockReader> open(std::span<const std::byte> bytes, std::string& error,
                                                       Checksum checksum = Checksum::verify);

  [[nodiscard]] std::size_t ticks() const { return ticks_; }
  /// Milliseconds since 1970; 0 without ticks.
  [[nodiscard]] std::int64_t first_time_ms() const { return first_time_ms_; }
  [[nodiscard]] std::int64_t last_time_ms() const { return last_time_ms_; }
  [[nodiscard]] const std::vector<SeriesSummary>& summaries() const { return summaries_; }

  /// The times of the ticks. False where the block's bytes are none that a writer made.
  [[nodiscard]] bool read_times(std::vector<std::int64_t>& times_ms);
  /// The series at that position of summaries(). Uses the memory that `series` has. False as above.
  [[nodiscard]] bool read_series(std::size_t position, SeriesColumns& series);
  /// All of the block.
  [[nodiscard]] bool read_all(BlockColumns& block);

 private:
  /// A series' own parts of the head, and where its columns are.
  struct Place {
    std::vector<std::uint64_t> present;
    std::vector<std::uint32_t> stale;
    std::vector<Created> created;
    std::size_t first_code = 0;  ///< of the values; those of the buckets follow
    StreamSizes begin{};         ///< of its bytes in each stream
  };

  BlockReader() = default;
  bool read_beginning(std::span<const std::byte> bytes, std::string& error, Checksum checksum);
  bool read_head(ByteReader head);
  bool read_series_head(ByteReader& head, std::uint32_t id_before);
  bool decode(const ColumnCode& code, StreamSizes& at, std::span<std::uint64_t> bits);
  bool decompress_stream(std::size_t stream);

  std::size_t ticks_ = 0;
  std::int64_t first_time_ms_ = 0;
  std::int64_t last_time_ms_ = 0;
  ColumnCode times_;
  std::vector<SeriesSummary> summaries_;
  std::vector<Place> places_;
  std::vector<ColumnCode> codes_;
  std::array<std::span<const std::byte>, kStreams> stored_;
  StreamSizes sizes_{};
  Streams streams_;  ///< those that were read so far
};

}  // namespace kymo::KYMO_ABI::history
