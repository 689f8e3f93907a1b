#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "byte_stream.h"
#include "log_record.h"
#include "streams.h"

namespace kymo::KYMO_ABI::history {

/// Writes records of series: labels, form and family of each. Keeps the memory of its work. Threads: one at
/// a time.
class NamesEncoder final {
 public:
  /// Series of one record, so that the work takes little memory.
  static constexpr std::size_t kMostOfOne = 4096;

  /// Appends as many records as the series need. Each has a family. Throws `std::bad_alloc`.
  void append(std::span<const LogSeries> series, Bytes& to);

 private:
  void append_record(std::span<const LogSeries> series, Bytes& to);

  Compressor compressor_;
  Bytes body_;
};

/// The series of a record's body; nothing where it is malformed. Throws `std::bad_alloc`.
[[nodiscard]] std::optional<std::vector<LogSeries>> read_names(std::span<const std::byte> body);

}  // namespace kymo::KYMO_ABI::history
