#include <kymo/terminal/keys.h>

#include <algorithm>

namespace kymo::KYMO_ABI::terminal {
namespace {

constexpr std::size_t kLongestFilter = 200;
constexpr int kFarDown = 1 << 28;

template <class Enum>
Enum next(Enum value, int step, int count) {
  return static_cast<Enum>((static_cast<int>(value) + step + count) % count);
}

void show(Page page, ViewState& state) {
  state.page = page;
  state.cursor = state.top = 0;
}

void edit_filter(KeyPress pressed, ViewState& state) {
  std::string& filter = state.filter;
  switch (pressed.key) {
    case Key::enter: state.is_editing_filter = false; return;
    case Key::escape:
      state.is_editing_filter = false;
      filter.clear();
      break;
    case Key::backspace:
      // Removes a whole UTF-8 character.
      while (!filter.empty() && (static_cast<unsigned char>(filter.back()) & 0xC0U) == 0x80U)
        filter.pop_back();
      if (!filter.empty()) filter.pop_back();
      break;
    case Key::character:
      if (pressed.character == 0x15) filter.clear();  // Ctrl-U
      if (pressed.character >= 0x20 && pressed.character != 0x7F && filter.size() < kLongestFilter)
        append_utf8(pressed.character, filter);
      break;
    default: return;
  }
  state.cursor = state.top = 0;
}

void next_sort(ViewState& state) {
  if (state.page == Page::series) state.series_sort = next(state.series_sort, 1, 3);
  if (state.page == Page::sessions) state.session_sort = next(state.session_sort, 1, 5);
  if (state.page == Page::peers) state.peer_sort = next(state.peer_sort, 1, 5);
  if (state.page == Page::profile) state.profile_sort = next(state.profile_sort, 1, 5);
  state.is_reversed = false;
}

/// Only on the page that shows the result.
void order(ProfilerOrder order, ViewState& state) {
  if (state.page == Page::profile && !state.is_paused) state.profiler_order = order;
}

void press_character(char32_t character, ViewState& state) {
  switch (character) {
    case U'q':
    case U'Q': state.is_over = true; break;
    case U'?':
    case U'h': state.is_help = true; break;
    case U'/':
      state.is_editing_filter = true;
      if (state.page == Page::overview) show(Page::series, state);
      break;
    case U's': next_sort(state); break;
    case U'r': state.is_reversed = !state.is_reversed; break;
    case U' ': state.is_paused = !state.is_paused; break;
    case U'j': ++state.cursor; break;
    case U'k': --state.cursor; break;
    case U'1': show(Page::overview, state); break;
    case U'2': show(Page::series, state); break;
    case U'3': show(Page::sessions, state); break;
    case U'4': show(Page::peers, state); break;
    case U'5': show(Page::profile, state); break;
    case U'p': order(ProfilerOrder::toggle, state); break;
    case U'z': order(ProfilerOrder::reset, state); break;
    default: break;
  }
}

}  // namespace

void press(KeyPress pressed, ViewState& state) {
  if (state.is_editing_filter) return edit_filter(pressed, state);
  if (state.is_help) {
    state.is_help = false;
    state.is_over = pressed.key == Key::character && (pressed.character == U'q' || pressed.character == U'Q');
    return;
  }
  switch (pressed.key) {
    case Key::character: return press_character(pressed.character, state);
    case Key::up: --state.cursor; break;
    case Key::down: ++state.cursor; break;
    case Key::page_up: state.cursor -= state.page_rows; break;
    case Key::page_down: state.cursor += state.page_rows; break;
    case Key::home: state.cursor = 0; break;
    case Key::end: state.cursor = kFarDown; break;
    case Key::tab: show(next(state.page, 1, kPages), state); break;
    case Key::back_tab: show(next(state.page, -1, kPages), state); break;
    case Key::escape: state.filter.clear(); break;
    default: break;
  }
  state.cursor = std::max(state.cursor, 0);
}

}  // namespace kymo::KYMO_ABI::terminal
