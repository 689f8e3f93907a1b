#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kymo/watch/conditions.h>
#include <kymo/watch/findings.h>

namespace kymo::KYMO_ABI::watch {

/// How a watch ended.
struct End {
  enum class How : std::uint8_t {
    exited,       ///< the command ended with `number` as its exit code
    signalled,    ///< a signal of that number ended the command
    gone,         ///< the process is not there any more; how it ended is not for us to know
    zombie,       ///< it has ended, and its parent, the process of that number, has not waited for it
    duration,     ///< the time that was asked for is over
    interrupted,  ///< the user had enough
  };
  How how = How::duration;
  int number = 0;
};

/// What a command took from its first to its last moment, by itself and by those of its children that it
/// waited for; exact, while readings see what happens between them. Source: wait4(2).
struct Usage {
  double user_seconds = 0;
  double system_seconds = 0;
  std::uint64_t peak_resident_bytes = 0;  ///< of the largest of them
  std::uint64_t voluntary_switches = 0, involuntary_switches = 0;
  std::uint64_t minor_faults = 0, major_faults = 0;
};

/// Everything that a report tells.
struct Watch {
  std::string what;  ///< the command line or the process' name
  Pid pid = 0;
  bool is_command = false;  ///< kymo started it
  bool is_tree = false;
  double rate_hz = 1;
  End end;
  std::optional<Usage> usage;  ///< of a command that has ended
  Surroundings surroundings;
  Recording recording;
  std::vector<Finding> findings;
  Conditions::Outcome outcome;
};

/// The report for people, lines of at most 100 columns or so but for evidence. Bytes of the command line are
/// shown as log::one_line does elsewhere: who prints it sees to that for `what`. Threads: any.
[[nodiscard]] std::string text_report(const Watch& watch);

/// The same as JSON (docs/reference/schema/monitor.schema.json), indented, with a newline at its end.
[[nodiscard]] std::string json_report(const Watch& watch);

/// `ended with exit code 3`.
[[nodiscard]] std::string end_text(const Watch& watch);

/// The head of the lines that progress_line() gives, and one reading as a line.
[[nodiscard]] std::string progress_head();
[[nodiscard]] std::string progress_line(const Sample& sample);

}  // namespace kymo::KYMO_ABI::watch
