#include <kymo/terminal/curses_terminal.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <sys/ioctl.h>
#include <unistd.h>

#define NCURSES_WIDECHAR 1
#include <ncurses.h>

// Declared here because <term.h> defines macros of common words, such as `tab`.
extern "C" int setupterm(const char* name, int descriptor, int* found);

namespace kymo::KYMO_ABI::terminal {
namespace {

std::array<attr_t, 10> style_attributes{};

attr_t& attribute_of(Style style) { return style_attributes.at(static_cast<std::size_t>(style)); }

std::optional<KeyPress> key_of(wint_t code) {
  switch (code) {
    case KEY_UP: return KeyPress{Key::up};
    case KEY_DOWN: return KeyPress{Key::down};
    case KEY_PPAGE: return KeyPress{Key::page_up};
    case KEY_NPAGE: return KeyPress{Key::page_down};
    case KEY_HOME: return KeyPress{Key::home};
    case KEY_END: return KeyPress{Key::end};
    case KEY_BTAB: return KeyPress{Key::back_tab};
    case KEY_ENTER: return KeyPress{Key::enter};
    case KEY_BACKSPACE: return KeyPress{Key::backspace};
    default: return std::nullopt;
  }
}

KeyPress character_of(wint_t code) {
  switch (code) {
    case L'\t': return {Key::tab};
    case L'\n':
    case L'\r': return {Key::enter};
    case 0x1B: return {Key::escape};
    case 0x7F:
    case 0x08: return {Key::backspace};
    default: return {Key::character, static_cast<char32_t>(code)};
  }
}

void draw_cell(int row, int column, const Cell& cell) {
  std::array<wchar_t, 4> text{};
  for (std::size_t i = 0; i < cell.text.size(); ++i) text.at(i) = static_cast<wchar_t>(cell.text.at(i));
  const attr_t attributes = attribute_of(cell.style);
  cchar_t complex;
  setcchar(&complex, text.data(), attributes & ~A_COLOR, static_cast<short>(PAIR_NUMBER(attributes)),
           nullptr);
  mvadd_wch(row, column, &complex);
}

}  // namespace

std::string why_no_screen() {
  const char* const name = std::getenv("TERM");
  if (name == nullptr || *name == '\0') return "the terminal has no name (TERM)";
  int found = 0;
  if (setupterm(nullptr, STDOUT_FILENO, &found) != OK)
    return "the terminal \"" + std::string(name) + "\" (TERM) is unknown here";
  // terminfo also knows dumb terminals and printers; neither can place a cursor freely.
  const auto lacks = [](const char* capability) { return tigetstr(capability) == nullptr; };
  if (lacks("cup") || lacks("clear") || tigetflag("hc") > 0 || tigetflag("gn") > 0)
    return "the terminal \"" + std::string(name) + "\" (TERM) cannot place text";
  return {};
}

CursesTerminal::CursesTerminal(bool colors, std::string_view plain_option) {
  std::string why = why_no_screen();
  // initscr() would end the process for an unknown terminal.
  if (why.empty() && newterm(nullptr, stdout, stdin) == nullptr) why = "the terminal cannot be set up";
  if (!why.empty())
    throw std::runtime_error(why + "; try TERM=xterm, or " + std::string(plain_option) + " for plain text");
  set_escdelay(25);
  cbreak();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  leaveok(stdscr, TRUE);
  curs_set(0);
  set_up_styles(colors);
}

CursesTerminal::~CursesTerminal() { endwin(); }

void CursesTerminal::set_up_styles(bool colors) {
  style_attributes.fill(A_NORMAL);
  attribute_of(Style::strong) = A_BOLD;
  attribute_of(Style::title) = A_REVERSE;
  attribute_of(Style::good) = A_BOLD;
  attribute_of(Style::degraded) = A_BOLD;
  attribute_of(Style::unwell) = A_REVERSE | A_BOLD;
  attribute_of(Style::chosen) = A_REVERSE;
  attribute_of(Style::quiet) = A_DIM;
  if (!colors || !has_colors()) return;
  start_color();
  use_default_colors();
  const auto pair = [](short number, short color, attr_t more) {
    init_pair(number, color, -1);
    return static_cast<attr_t>(COLOR_PAIR(number)) | more;
  };
  attribute_of(Style::bar) = pair(1, COLOR_CYAN, A_NORMAL);
  attribute_of(Style::good) = pair(2, COLOR_GREEN, A_BOLD);
  attribute_of(Style::degraded) = pair(3, COLOR_YELLOW, A_BOLD);
  attribute_of(Style::unwell) = pair(4, COLOR_RED, A_BOLD);
  attribute_of(Style::title) = pair(5, COLOR_BLUE, A_REVERSE | A_BOLD);
}

Size CursesTerminal::size() const { return {getmaxx(stdscr), getmaxy(stdscr)}; }

void CursesTerminal::show(const Canvas& canvas) {
  const Size area = size();
  erase();
  for (int row = 0; row < canvas.size().height && row < area.height; ++row) {
    for (int column = 0; column < canvas.size().width && column < area.width; ++column) {
      const Cell& cell = canvas.at(row, column);
      const bool is_blank = cell.text[0] == U' ' && cell.style == Style::plain;
      if (cell.width > 0 && !is_blank) draw_cell(row, column, cell);
    }
  }
  refresh();
}

std::optional<KeyPress> CursesTerminal::read_key() {
  for (;;) {
    wint_t code = 0;
    const int kind = get_wch(&code);
    if (kind == ERR) return std::nullopt;
    if (kind == OK) return character_of(code);
    if (const auto key = key_of(code)) return key;
  }
}

void CursesTerminal::resize() {
  winsize now{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == 0 && now.ws_row > 0 && now.ws_col > 0)
    resizeterm(now.ws_row, now.ws_col);
  clearok(stdscr, TRUE);
}

void CursesTerminal::leave() { endwin(); }

void CursesTerminal::enter() {
  reset_prog_mode();
  resize();
  refresh();
}

}  // namespace kymo::KYMO_ABI::terminal
