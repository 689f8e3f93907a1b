#pragma once

#include <chrono>

#include <signal.h>

#include <kymo/terminal/feeds.h>
#include <kymo/terminal/screen.h>

namespace kymo::KYMO_ABI::terminal {

/// Makes SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT and SIGWINCH readable. Create it before any thread, so
/// that all threads block these signals.
class TerminalSignals final {
 public:
  TerminalSignals();
  TerminalSignals(const TerminalSignals&) = delete;
  TerminalSignals& operator=(const TerminalSignals&) = delete;
  ~TerminalSignals();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// A received signal; 0: none. The kernel sends a key's signal to all processes of the terminal.
  struct Came {
    int number = 0;
    bool is_from_terminal = false;
  };
  [[nodiscard]] Came next() const noexcept;
  /// The next one's number, or 0.
  [[nodiscard]] int take() const noexcept { return next().number; }

 private:
  sigset_t signals_{};
  int descriptor_;
};

/// Shows the picture on this process' terminal until the user or a signal ends it. On return and on an
/// exception the terminal is restored. Throws std::runtime_error for an unusable terminal.
void run_top(SharedPicture& picture, const TerminalSignals& signals, ViewState state,
             std::chrono::milliseconds interval, Alphabet alphabet, bool colors);

}  // namespace kymo::KYMO_ABI::terminal
