#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include <kymo/terminal/top_loop.h>
#include <kymo/watch/report.h>

#include "watched_command.h"

namespace kymo::KYMO_ABI::cli {

/// The live output of a watch: nothing, lines, or a screen. Threads: one.
class MonitorView {
 public:
  virtual ~MonitorView() = default;
  /// Shows a new reading.
  virtual void show(const watch::Sample& sample) = 0;
  /// Draws all again, as after a resize; `state`: a note for the user.
  virtual void redraw(std::string_view state) = 0;
  /// Descriptors to poll: the user's keys, and a command's output; -1: none.
  [[nodiscard]] virtual int keys() const noexcept = 0;
  [[nodiscard]] virtual int output() const noexcept = 0;
  /// Reads waiting input. True if the user wants to quit.
  virtual bool take_input() = 0;
  virtual void resize() = 0;
  /// Releases the terminal while the process is stopped, and takes it again.
  virtual void leave() = 0;
  virtual void enter() = 0;
};

/// The end of a watch, and this process' exit code.
struct MonitorResult {
  watch::End end;
  int exit_code = 0;  ///< the command's; or 128 plus the signal's number
  std::string fault;  ///< why the command could not be ended; empty: no problem
};

/// Takes readings until the process ends, the time is over, or a signal or the user ends it. A command then
/// gets SIGTERM, or the received signal, and SIGKILL after 5 s or at a second signal.
class MonitorLoop final {
 public:
  struct Plan {
    double rate_hz = 1;
    std::optional<double> duration_seconds;
  };
  /// `command` is null for an existing process; `process` is its pidfd, or -1.
  MonitorLoop(const terminal::TerminalSignals& signals, watch::Sampler& sampler, watch::Recording& recording,
              MonitorView& view, WatchedCommand* command, int process, Plan plan);

  [[nodiscard]] MonitorResult run();

 private:
  using Time = std::chrono::steady_clock::time_point;
  enum class Phase : std::uint8_t { watching, ending, over };

  void wait();
  void take_signals();
  void stop();
  void take_reading();
  /// Ends the watch; a command gets a signal to end first.
  void finish(watch::End::How how, int signal);
  void send_to_all(int signal);
  void check_command();
  void process_is_gone();

  const terminal::TerminalSignals& signals_;
  watch::Sampler& sampler_;
  watch::Recording& recording_;
  MonitorView& view_;
  WatchedCommand* const command_;
  int process_;
  const std::chrono::nanoseconds interval_;
  std::optional<Time> deadline_;
  Time begin_;
  Time next_;
  Time kill_at_;
  Phase phase_ = Phase::watching;
  MonitorResult result_;
};

}  // namespace kymo::KYMO_ABI::cli
