#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <kymo/terminal/keys.h>

namespace kymo::KYMO_ABI::terminal {

/// The reason why this process' terminal can show no screen, by its TERM; empty: it can. Threads: one.
[[nodiscard]] std::string why_no_screen();

/// The terminal of this process while a screen is shown on it; the destructor restores it. All use of ncurses
/// is in here. One at a time. Threads: one.
class CursesTerminal final {
 public:
  /// Takes the terminal. `colors`: use them if it has any. Errors: std::runtime_error for a TERM that is
  /// unknown here, or cannot place text; the message advises `plain_option`.
  explicit CursesTerminal(bool colors, std::string_view plain_option = "--once");
  CursesTerminal(const CursesTerminal&) = delete;
  CursesTerminal& operator=(const CursesTerminal&) = delete;
  ~CursesTerminal();

  [[nodiscard]] Size size() const;
  /// Updates the changed cells.
  void show(const Canvas& canvas);
  /// The next pressed key, if any.
  [[nodiscard]] std::optional<KeyPress> read_key();
  /// Asks the kernel for the size again, and draws everything anew with the next show().
  void resize();

  /// Releases the terminal for a while, as for a stopped process, and takes it again.
  void leave();
  void enter();

 private:
  void set_up_styles(bool colors);
};

}  // namespace kymo::KYMO_ABI::terminal
