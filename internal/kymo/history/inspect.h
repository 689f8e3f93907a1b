#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::history {

/// A stretch of a file whose samples nobody can read.
struct DamagedPart {
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::string reason;
  std::vector<std::string> series = {};  ///< as text; empty: unknown
  std::int64_t first_ms = 0;             ///< 0, like `last_ms`: unknown
  std::int64_t last_ms = 0;
};

/// Result of check_directory().
struct CheckedDirectory {
  std::uint64_t files = 0;
  std::uint64_t blocks = 0;
  std::uint64_t ticks = 0;  ///< of logs
  std::uint64_t damaged = 0;
};

/// Reads every byte of a directory of history, and calls `on_damage` for each damaged stretch. Changes
/// nothing; another process may write there meanwhile. A record that a process was just writing is no damage.
/// Throws std::system_error where the directory or a file cannot be read, and `std::bad_alloc`. Cost: some
/// 10 ms a megabyte.
[[nodiscard]] CheckedDirectory check_directory(const std::string& path,
                                               const std::function<void(const DamagedPart&)>& on_damage);

}  // namespace kymo::KYMO_ABI::history
