#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::monitor {

/// A configuration needs a few kilobytes; a larger file is the wrong one.
inline constexpr std::size_t kMaxConfigFileBytes = 256 * 1024;

/// Why a file could not be read: `cannot be read: Permission denied`.
struct FileError {
  std::string message;
};

/// The content of a regular file, whole. Never waits: a pipe or a device is refused, not read.
/// Threads: any. Throws nothing but `std::bad_alloc`.
[[nodiscard]] std::variant<std::string, FileError> read_config_file(const std::string& path);

}  // namespace kymo::KYMO_ABI::monitor
