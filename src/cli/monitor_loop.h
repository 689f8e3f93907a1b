#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include <kymo/terminal/top_loop.h>
#include <kymo/watch/report.h>

#include "watched_command.h"

namespace kymo::KYMO_ABI::cli {

/// What a watch shows while it goes on: nothing, lines, or a screen. Threads: one.
class MonitorView {
 public:
  virtual ~MonitorView() = default;
  /// There is a new reading.
  virtual void show(const watch::Sample& sample) = 0;
  /// Draws anew, as after a change of the terminal's size; `state`: what is going on besides.
  virtual void redraw(std::string_view state) = 0;
  /// Descriptors to wait for: the user's keys, and a command's output; -1: none.
  [[nodiscard]] virtual int keys() const noexcept = 0;
  [[nodiscard]] virtual int output() const noexcept = 0;
  /// Takes what has come there. Whether the user wants to end.
  virtual bool take_input() = 0;
  virtual void resize() = 0;
  /// Gives the terminal back while the process is stopped, and takes it again.
  virtual void leave() = 0;
  virtual void enter() = 0;
};

/// How a watch ended, and what that means for this process.
struct MonitorResult {
  watch::End end;
  int exit_code = 0;  ///< the command's; a signal's number and 128
  std::string fault;  ///< why the command could not be ended; empty: it was, or need not be
};

/// Takes readings until the process ends, the time is over, or a signal or the user ends it. A command is
/// then asked to end (SIGTERM, or the signal that came) and killed after 5 s, or at a second signal.
class MonitorLoop final {
 public:
  struct Plan {
    double rate_hz = 1;
    std::optional<double> duration_seconds;
  };
  /// `command` is null where the process was there before; `process` is its pidfd, or -1.
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
  /// Ends the watch; a command is asked to end first.
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
