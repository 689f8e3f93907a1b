#pragma once

#include <kymo/log/format.h>
#include <kymo/log/record.h>

namespace kymo::KYMO_ABI::log {

/// A sink that writes each event to standard error as one line in one `write`.
///
/// Never waits. While standard error is a pipe that nobody empties, events are lost; a line before
/// the next written one tells how many. Threads: any. Cost: one allocation and two system calls an
/// event.
[[nodiscard]] KYMO_API Sink stderr_sink(Format format = Format::text);

/// The same for any open file descriptor, which the caller still owns.
[[nodiscard]] KYMO_API Sink descriptor_sink(int descriptor, Format format);

}  // namespace kymo::KYMO_ABI::log
