#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <kymo/terminal/keys.h>

namespace kymo::KYMO_ABI::terminal {

/// Why no screen can be shown on this process' terminal, by its TERM; empty: one can. Threads: one.
[[nodiscard]] std::string why_no_screen();

/// The terminal of this process while a screen is shown on it; put back as it was when this ends. All that
/// is known of ncurses is in here. One at a time. Threads: one.
class CursesTerminal final {
 public:
  /// Takes the terminal. `colors`: use them if it has any. Errors: std::runtime_error for a TERM that is not
  /// known here, or places no text, which advises `plain_option`.
  explicit CursesTerminal(bool colors, std::string_view plain_option = "--once");
  CursesTerminal(const CursesTerminal&) = delete;
  CursesTerminal& operator=(const CursesTerminal&) = delete;
  ~CursesTerminal();

  [[nodiscard]] Size size() const;
  /// Shows what differs from what is shown.
  void show(const Canvas& canvas);
  /// The next key that was pressed, if one was.
  [[nodiscard]] std::optional<KeyPress> read_key();
  /// Asks the kernel for the size again, and draws everything anew with the next show().
  void resize();

  /// Gives the terminal back for a while, as for a stopped process, and takes it again.
  void leave();
  void enter();

 private:
  void set_up_styles(bool colors);
};

}  // namespace kymo::KYMO_ABI::terminal
