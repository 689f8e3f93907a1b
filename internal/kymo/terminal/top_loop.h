#pragma once

#include <chrono>

#include <signal.h>

#include <kymo/terminal/feeds.h>
#include <kymo/terminal/screen.h>

namespace kymo::KYMO_ABI::terminal {

/// SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT and SIGWINCH as something to read. Made before any thread is,
/// which then block them too.
class TerminalSignals final {
 public:
  TerminalSignals();
  TerminalSignals(const TerminalSignals&) = delete;
  TerminalSignals& operator=(const TerminalSignals&) = delete;
  ~TerminalSignals();

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// One that came; 0: none did. What a key makes is sent by the kernel, to all who have the terminal.
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

/// Shows the picture on this process' terminal until the user or a signal ends it. The terminal is as before
/// when it returns, or throws: std::runtime_error for a terminal that cannot be used.
void run_top(SharedPicture& picture, const TerminalSignals& signals, ViewState state,
             std::chrono::milliseconds interval, Alphabet alphabet, bool colors);

}  // namespace kymo::KYMO_ABI::terminal
