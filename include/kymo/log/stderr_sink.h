#pragma once

#include <kymo/log/format.h>
#include <kymo/log/record.h>

namespace kymo::KYMO_ABI::log {

/// A sink that writes each event to standard error as one line in one `write`.
///
/// It never waits: while standard error is a pipe that nobody empties, events are lost; the next line that
/// gets through is preceded by one that tells how many. Threads: any. Cost: one allocation and two system
/// calls an event.
[[nodiscard]] KYMO_API Sink stderr_sink(Format format = Format::text);

/// The same for any open file descriptor, which stays the caller's.
[[nodiscard]] KYMO_API Sink descriptor_sink(int descriptor, Format format);

}  // namespace kymo::KYMO_ABI::log
