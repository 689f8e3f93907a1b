#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "columns.h"
#include "decimal.h"
#include "streams.h"

namespace kymo::KYMO_ABI::history {

/// How a column became the codes in the streams.
///
/// Values are the integers of decimals, or the bits themselves. Differences are taken `order` times. A code
/// is the difference less `centre`, without `shift` low bits that are 0 in all, as zigzag or plain. A sparse
/// column has a mask of the samples with a code, the others have code 0. Codes of more than `width` bits are
/// exceptions. All sums are modulo 2^64, so each column has its way back. Values that are constant, or grow
/// evenly, have no codes.
struct ColumnCode {
  std::uint8_t order = 0;
  bool is_zigzag = false;
  std::uint8_t width = 0;
  std::uint8_t shift = 0;
  std::uint8_t noise = 0;              ///< planes that lie in kNoise, one bit each
  std::optional<std::uint8_t> digits;  ///< of decimals
  std::uint64_t start = 0;             ///< what the first sum begins with; order 1 and 2
  std::uint64_t slope = 0;             ///< the same of the second; order 2
  std::uint64_t centre = 0;
  std::optional<std::uint32_t> masked;  ///< codes of a sparse column
  std::uint32_t exceptions = 0;
  std::uint32_t gap_bytes = 0;   ///< of the exceptions, in kExceptionGaps
  std::uint32_t code_bytes = 0;  ///< of the exceptions, in kExceptionCodes
  std::vector<OddValue> odd;

  /// All samples have one value.
  [[nodiscard]] bool is_constant() const {
    return order == 0 && width == 0 && exceptions == 0 && odd.empty();
  }

  friend bool operator==(const ColumnCode&, const ColumnCode&) = default;
};

/// Encodes columns into streams. Keeps the memory of its work. Threads: one at a time.
class ColumnEncoder final {
 public:
  /// Chooses the shortest code, appends to the streams. Cost: some 10 ns a value.
  ColumnCode encode(ColumnKind kind, std::span<const std::uint64_t> bits, Streams& streams);

 private:
  ColumnCode encode_integers(std::span<const std::uint64_t> values, Streams& streams);
  void put_exceptions(ColumnCode& code, Streams& streams);

  std::vector<std::uint64_t> integers_;
  std::vector<std::uint64_t> codes_;
};

/// The bytes of one column in each stream, from where they begin.
using StreamParts = std::array<std::span<const std::byte>, kStreams>;

/// Adds what the column takes in each stream.
void add_sizes(const ColumnCode& code, std::size_t samples, StreamSizes& sizes);

/// Decodes a column of `bits.size()` samples from the streams at its places. False where the code or the
/// bytes are not what an encoder makes.
[[nodiscard]] bool decode_column(const ColumnCode& code, const StreamParts& parts,
                                 std::span<std::uint64_t> bits);

void put_code(const ColumnCode& code, Bytes& to);
/// Fails the reader where the bytes are no code of a column with so many samples.
[[nodiscard]] ColumnCode read_code(ByteReader& from, std::size_t samples);

}  // namespace kymo::KYMO_ABI::history
