#pragma once

#include <cstdint>
#include <string>

#include <kymo/terminal/asked.h>
#include <kymo/terminal/canvas.h>
#include <kymo/terminal/roles.h>
#include <kymo/terminal/sessions.h>
#include <kymo/terminal/verdict.h>
#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

enum class Page : std::uint8_t { overview, series, sessions, peers, profile };
inline constexpr int kPages = 5;

/// What the rows of each page can be sorted by.
enum class SeriesSort : std::uint8_t { name, rate, value };
enum class SessionSort : std::uint8_t { state, factor, queue, age, id };
enum class PeerSort : std::uint8_t { state, latency, loss, quality, name };
enum class ProfileSort : std::uint8_t { total, self, average, calls, name };

/// What the user wants of the server's profiler.
enum class ProfilerOrder : std::uint8_t { none, toggle, reset };

/// What the user has chosen to see.
struct ViewState {
  Page page = Page::overview;
  bool is_help = false;
  bool is_paused = false;
  bool is_editing_filter = false;
  bool is_over = false;  ///< the user has had enough
  std::string filter;    ///< UTF-8; words that must all occur
  SeriesSort series_sort = SeriesSort::name;
  SessionSort session_sort = SessionSort::state;
  PeerSort peer_sort = PeerSort::state;
  ProfileSort profile_sort = ProfileSort::total;
  ProfilerOrder profiler_order = ProfilerOrder::none;  ///< that has not been passed on yet
  bool is_reversed = false;
  int cursor = 0;     ///< the chosen row of a table; drawing brings it into the table
  int top = 0;        ///< the first row shown
  int page_rows = 1;  ///< rows that were shown, which a page key moves by
};

/// How it stands with the server.
struct Link {
  enum class State : std::uint8_t { connecting, live, lost, local };
  State state = State::connecting;
  std::string address;    ///< `127.0.0.1:9464`
  std::string note;       ///< why it is this host itself, and the like
  double lost_since = 0;  ///< Unix time
  double retry_at = 0;
  std::string reason;     ///< of the loss
  std::string complaint;  ///< what the server did not like
};

/// Everything that a screen shows; a screen is a function of it.
struct Scene {
  const World& world;
  const Sessions* sessions;  ///< null: the server has none to tell of
  const Link& link;
  double now;                        ///< Unix time
  const Answers* answers = nullptr;  ///< null: nothing was asked
};

inline constexpr Size kLeastSize{60, 15};

/// The whole screen. Corrects the state's cursor and top to what is there.
[[nodiscard]] Canvas draw_screen(const Scene& scene, ViewState& state, Size size, Alphabet alphabet);

/// `s`'s words: `name`, `rate`, `value`.
[[nodiscard]] std::string_view sort_name(SeriesSort sort) noexcept;
[[nodiscard]] std::string_view sort_name(SessionSort sort) noexcept;
[[nodiscard]] std::string_view sort_name(PeerSort sort) noexcept;
[[nodiscard]] std::string_view sort_name(ProfileSort sort) noexcept;

/// Whether a text holds all words of a filter, whatever the case of ASCII letters.
[[nodiscard]] bool matches_filter(std::string_view text, std::string_view filter);

}  // namespace kymo::KYMO_ABI::terminal
