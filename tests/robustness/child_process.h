#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace kymo::robustness {

/// How a child process ended.
struct Ending {
  bool timed_out = false;
  int exit_code = -1;  ///< -1: by a signal
  int signal = 0;
  std::string output;

  [[nodiscard]] bool fine() const { return !timed_out && exit_code == 0; }
  /// "exit code 3", "signal 11", "hung", and what it printed.
  [[nodiscard]] std::string text() const;
};

/// Waits for a child; kills it when its time is over. Elapsed time, so give several times what is needed.
[[nodiscard]] Ending wait_for(pid_t child, std::chrono::milliseconds patience);

/// Runs a function in a forked child, which ends without exit handlers: exit code 0, or 3 after an exception.
/// Before the fork only the calling thread should run.
[[nodiscard]] Ending run_forked(const std::function<void()>& body, std::chrono::milliseconds patience);

/// Runs a program; what it writes to standard output and error is in the answer.
/// `environment` ("NAME=value") is added to this process' own.
[[nodiscard]] Ending run_program(const std::vector<std::string>& command,
                                 const std::vector<std::string>& environment,
                                 std::chrono::milliseconds patience);

}  // namespace kymo::robustness
