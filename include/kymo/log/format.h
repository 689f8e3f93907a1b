#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/log/record.h>

namespace kymo::KYMO_ABI::log {

/// The form of a written event: for a person, or for a machine.
enum class Format : std::uint8_t {
  text,  ///< `2025-03-01T09:30:00.250Z WARN  address taken address=127.0.0.1:9464 attempt=3`
  /// `{"time":"2025-03-01T09:30:00.250Z","level":"warning","message":"address taken",…}`. Each key occurs
  /// once. A field key equal to `time`, `level`, `message`, `cut` or an earlier field's key gets a number, as
  /// `level_2`.
  json,
};

/// Longest line that a format makes, newline included. A pipe takes such a line in one piece (POSIX' PIPE_BUF
/// on Linux), so the lines of several processes never mix. A longer event is cut, and the line says so.
inline constexpr std::size_t kMaxLineBytes = 4096;

/// The event as one line, newline included, for any bytes in its fields. Control characters (line ends,
/// terminal escapes), characters that reorder text and bytes that are not UTF-8 are escaped. Threads: any.
/// Errors: none but `std::bad_alloc`.
[[nodiscard]] KYMO_API std::string format_line(const Record& record, Format format);

/// Message and fields alone, as in the text format and without the newline, for a log with its own time and
/// level. Threads and errors: as `format_line()`.
[[nodiscard]] KYMO_API std::string format_event(const Record& record);

/// Makes any text safe to show within one line of a terminal, escaped as in the text format.
[[nodiscard]] KYMO_API std::string one_line(std::string_view text);

}  // namespace kymo::KYMO_ABI::log
