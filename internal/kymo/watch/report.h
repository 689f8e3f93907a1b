#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kymo/watch/conditions.h>
#include <kymo/watch/findings.h>

namespace kymo::KYMO_ABI::watch {

/// The end of a watch.
struct End {
  enum class How : std::uint8_t {
    exited,       ///< the command ended with `number` as its exit code
    signalled,    ///< a signal of that number ended the command
    gone,         ///< the process no longer exists; its exit code is unknown
    zombie,       ///< the process has ended, but its parent, of that number, has not waited for it
    duration,     ///< the requested time is over
    interrupted,  ///< the user ended it
  };
  How how = How::duration;
  int number = 0;
};

/// The resources of a command over its whole life, with its waited-for children; exact, if readings see the
/// events between them. Source: wait4(2).
struct Usage {
  double user_seconds = 0;
  double system_seconds = 0;
  std::uint64_t peak_resident_bytes = 0;  ///< of the largest process
  std::uint64_t voluntary_switches = 0, involuntary_switches = 0;
  std::uint64_t minor_faults = 0, major_faults = 0;
};

/// The content of a report.
struct Watch {
  std::string what;  ///< the command line or the process' name
  Pid pid = 0;
  bool is_command = false;  ///< kymo started it
  bool is_tree = false;
  double rate_hz = 1;
  End end;
  std::optional<Usage> usage;  ///< of an ended command
  Surroundings surroundings;
  Recording recording;
  std::vector<Finding> findings;
  Conditions::Outcome outcome;
};

/// The report for people, in lines of some 100 columns, except evidence. Bytes of the command line are
/// escaped like log::one_line; for `what` the caller does that. Threads: any.
[[nodiscard]] std::string text_report(const Watch& watch);

/// The same as JSON (docs/reference/schema/monitor.schema.json), indented, with a newline at its end.
[[nodiscard]] std::string json_report(const Watch& watch);

/// `ended with exit code 3`.
[[nodiscard]] std::string end_text(const Watch& watch);

/// The head of progress_line()'s lines, and one reading as a line.
[[nodiscard]] std::string progress_head();
[[nodiscard]] std::string progress_line(const Sample& sample);

}  // namespace kymo::KYMO_ABI::watch
