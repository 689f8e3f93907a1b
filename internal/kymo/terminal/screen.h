#pragma once

#include <cstdint>
#include <string>

#include <kymo/terminal/canvas.h>
#include <kymo/terminal/roles.h>
#include <kymo/terminal/server_answers.h>
#include <kymo/terminal/sessions.h>
#include <kymo/terminal/verdict.h>
#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

enum class Page : std::uint8_t { overview, series, sessions, peers, profile };
inline constexpr int kPages = 5;

/// The sort orders of each page's rows.
enum class SeriesSort : std::uint8_t { name, rate, value };
enum class SessionSort : std::uint8_t { state, factor, queue, age, id };
enum class PeerSort : std::uint8_t { state, latency, loss, quality, name };
enum class ProfileSort : std::uint8_t { total, self, average, calls, name };

/// The user's order to the server's profiler.
enum class ProfilerOrder : std::uint8_t { none, toggle, reset };

/// The user's choice of view.
struct ViewState {
  Page page = Page::overview;
  bool is_help = false;
  bool is_paused = false;
  bool is_editing_filter = false;
  bool is_over = false;  ///< the user has quit
  std::string filter;    ///< UTF-8; words that must all occur
  SeriesSort series_sort = SeriesSort::name;
  SessionSort session_sort = SessionSort::state;
  PeerSort peer_sort = PeerSort::state;
  ProfileSort profile_sort = ProfileSort::total;
  ProfilerOrder profiler_order = ProfilerOrder::none;  ///< not yet passed on
  bool is_reversed = false;
  int cursor = 0;     ///< the chosen row of a table; drawing clamps it to the table
  int top = 0;        ///< the first row shown
  int page_rows = 1;  ///< number of shown rows, the step of a page key
};

/// State of the connection to the server.
struct Link {
  enum class State : std::uint8_t { connecting, live, lost, local };
  State state = State::connecting;
  std::string address;    ///< `127.0.0.1:9464`
  std::string note;       ///< why it shows this host itself, and the like
  double lost_since = 0;  ///< Unix time
  double retry_at = 0;
  std::string reason;     ///< of the loss
  std::string complaint;  ///< the server's complaint about a message
};

/// The input of a screen; a screen is a function of it.
struct Scene {
  const World& world;
  const Sessions* sessions;  ///< null: the server has none
  const Link& link;
  double now;                        ///< Unix time
  const Answers* answers = nullptr;  ///< null: nothing was requested
};

inline constexpr Size kLeastSize{60, 15};

/// Draws the whole screen. Clamps the state's cursor and top to the existing rows.
[[nodiscard]] Canvas draw_screen(const Scene& scene, ViewState& state, Size size, Alphabet alphabet);

/// The texts for key `s`: `name`, `rate`, `value`.
[[nodiscard]] std::string_view sort_name(SeriesSort sort) noexcept;
[[nodiscard]] std::string_view sort_name(SessionSort sort) noexcept;
[[nodiscard]] std::string_view sort_name(PeerSort sort) noexcept;
[[nodiscard]] std::string_view sort_name(ProfileSort sort) noexcept;

/// True if a text holds all words of a filter, ignoring the case of ASCII letters.
[[nodiscard]] bool matches_filter(std::string_view text, std::string_view filter);

}  // namespace kymo::KYMO_ABI::terminal
