#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <kymo/log/format.h>
#include <kymo/log/record.h>
#include <kymo/log/stderr_sink.h>

namespace kymo::KYMO_ABI::log {

struct KYMO_API FileSinkOptions {
  /// Symbolic links are followed when the sink is made: the file that they lead to is written and renamed. A
  /// place in `/dev`, `/proc` or `/sys` is refused, and what cannot be is told as any other fault.
  std::string path;
  Format format = Format::text;
  /// A file that would become larger is renamed to `path.1`, that one to `path.2`, and so on.
  std::uint64_t max_bytes = 10 * 1024 * 1024;
  /// How many older ones are kept besides the one that is written.
  std::size_t older_files = 4;
  /// Is told when the file cannot be written, and when it can again.
  Sink complaints = stderr_sink();
};

/// A sink that appends each event to a file as one line, on a thread of its own (`kymo-log`), which begins
/// with the first event and ends with the sink's last copy, when all is written.
///
/// Who logs waits for no disk: 1 MiB may wait to be written. What comes then, and what cannot be written, is
/// lost; the next line that gets through is preceded by one that tells how many. The first is also counted by
/// `Logger::lost()`. A file that somebody else moved or removed is made anew. In a forked child its
/// events are lost and counted; make another sink there. Threads: any.
[[nodiscard]] KYMO_API Sink file_sink(FileSinkOptions options);

/// Why a file sink could not write there, with the remedy; nothing where it could. Creates nothing.
[[nodiscard]] KYMO_API std::optional<std::string> log_file_fault(const std::string& path);

}  // namespace kymo::KYMO_ABI::log
