#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

/// Which of the families at hand say how much is done, how fast, and what goes wrong; as the dashboard finds
/// them. Known names of the packs go first, then what a name reveals; kymo's own figures stand in where a
/// program has none yet. Null: there is none.
struct Roles {
  const Family* traffic = nullptr;
  std::vector<const Family*> errors;
  const Family* active = nullptr;
  const Family* latency = nullptr;
  std::vector<const Family*> drops;
  bool has_application = false;
};

[[nodiscard]] Roles roles_of(const World& world);

/// Whether a name ends with one of the words, which begins it or stands behind an underscore.
[[nodiscard]] bool ends_with_word(std::string_view name, std::initializer_list<std::string_view> words);

/// A short title for a family: its name in words.
[[nodiscard]] std::string title_of(const Family& family);

}  // namespace kymo::KYMO_ABI::terminal
