#pragma once

#include <algorithm>

#include <kymo/terminal/screen.h>

#include "derive.h"

namespace kymo::KYMO_ABI::terminal {

/// The rows of the screen for a page: `height` rows from `top`.
struct Area {
  int top = 0;
  int height = 0;
};

/// The filter and the order of other pages do not apply here.
void draw_overview(Canvas& canvas, Area area, const Scene& scene);
void draw_series(Canvas& canvas, Area area, const Scene& scene, ViewState& state);
void draw_sessions(Canvas& canvas, Area area, const Scene& scene, ViewState& state);
void draw_peers(Canvas& canvas, Area area, const Scene& scene, ViewState& state);
void draw_profile(Canvas& canvas, Area area, const Scene& scene, ViewState& state);
/// The last sessions between peers, below a rule.
void draw_past_sessions(Canvas& canvas, Area area, const PastSessions& sessions);
void draw_help(Canvas& canvas, Area area);

/// A table of sessions with a heading, from `first` on; `chosen` is marked.
void draw_session_rows(Canvas& canvas, Area area, const std::vector<const SessionRow*>& rows, int first,
                       int chosen);

/// The sessions that match the filter, sorted.
[[nodiscard]] std::vector<const SessionRow*> chosen_sessions(const Sessions& sessions,
                                                             const ViewState& state);

[[nodiscard]] std::vector<const PeerRow*> chosen_peers(const Peers& peers, const ViewState& state);
[[nodiscard]] std::vector<const HotspotRow*> chosen_hotspots(const Profile& profile, const ViewState& state);

/// The server's response, or null.
template <class T>
[[nodiscard]] const T* value_of(const Scene& scene, Answer<T> Answers::* which) {
  if (scene.answers == nullptr || !(scene.answers->*which).value) return nullptr;
  return &*(scene.answers->*which).value;
}
/// The reason for an empty page, for the user.
[[nodiscard]] std::string why_nothing(const Scene& scene, bool has_answered, std::string_view address);
template <class T>
[[nodiscard]] std::string why_nothing(const Scene& scene, Answer<T> Answers::* which,
                                      std::string_view address) {
  return why_nothing(scene, scene.answers != nullptr && (scene.answers->*which).is_there, address);
}
/// A sentence on an empty page, wrapped.
void draw_nothing(Canvas& canvas, Area area, std::string_view text);

/// One series of the table.
struct SeriesRow {
  const Family* family = nullptr;
  const Series* series = nullptr;
  double sorted_by = 0;
};

/// The series that match the filter, sorted.
[[nodiscard]] std::vector<SeriesRow> chosen_series(const World& world, const ViewState& state);
/// `name label=value`.
[[nodiscard]] std::string series_text(const SeriesRow& row);
/// The default view of a series.
[[nodiscard]] View now_view(const Family& family) noexcept;

/// Clamps the cursor to a table of `rows`, and scrolls its `shown` rows to the cursor.
void settle_cursor(ViewState& state, int rows, int shown);

[[nodiscard]] constexpr Style style_of(Level level) noexcept {
  return level == Level::well ? Style::good : level == Level::degraded ? Style::degraded : Style::unwell;
}

}  // namespace kymo::KYMO_ABI::terminal
