#pragma once

#include <cstdint>

#include <kymo/terminal/screen.h>

namespace kymo::KYMO_ABI::terminal {

enum class Key : std::uint8_t {
  character,
  up,
  down,
  page_up,
  page_down,
  home,
  end,
  tab,
  back_tab,
  enter,
  escape,
  backspace
};

/// One key that was pressed.
struct KeyPress {
  Key key = Key::character;
  char32_t character = 0;  ///< of Key::character
};

/// Applies a key to the view.
void press(KeyPress pressed, ViewState& state);

}  // namespace kymo::KYMO_ABI::terminal
