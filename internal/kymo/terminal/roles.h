#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

/// The families that show throughput, latency and errors, found as in the dashboard. Known names of the
/// packs go first, then hints in names. If the program has none, kymo's own figures are used. Null: there is
/// none.
struct Roles {
  const Family* traffic = nullptr;
  std::vector<const Family*> errors;
  const Family* active = nullptr;
  const Family* latency = nullptr;
  std::vector<const Family*> drops;
  bool has_application = false;
};

[[nodiscard]] Roles roles_of(const World& world);

/// True if a name ends with one of the words, as a whole word after an underscore.
[[nodiscard]] bool ends_with_word(std::string_view name, std::initializer_list<std::string_view> words);

/// A short title for a family: its name in words.
[[nodiscard]] std::string title_of(const Family& family);

}  // namespace kymo::KYMO_ABI::terminal
