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
  /// Symbolic links are followed when the sink is made: the file behind them is written and renamed. A place
  /// in `/dev`, `/proc` or `/sys` is refused; the error is reported like any other.
  std::string path;
  Format format = Format::text;
  /// A file at this limit is renamed to `path.1`, that one to `path.2`, and so on.
  std::uint64_t max_bytes = 10 * 1024 * 1024;
  /// Older files to keep besides the current one.
  std::size_t older_files = 4;
  /// Gets a message when the file cannot be written, and when it can again.
  Sink complaints = stderr_sink();
};

/// A sink that appends each event to a file as one line, on its own thread (`kymo-log`). The thread begins
/// with the first event. The thread ends with the sink's last copy, when all is written.
///
/// Logging never waits for a disk: up to 1 MiB waits in memory. Further events, and failed writes, are lost;
/// a line before the next written one tells how many. `Logger::lost()` also counts the events over 1 MiB. A
/// file that somebody else moved or removed is made anew. In a forked child events are lost and counted; make
/// another sink there. Threads: any.
[[nodiscard]] KYMO_API Sink file_sink(FileSinkOptions options);

/// The reason why a file sink could not write there, with the remedy; empty where it could. Creates nothing.
[[nodiscard]] KYMO_API std::optional<std::string> log_file_fault(const std::string& path);

}  // namespace kymo::KYMO_ABI::log
