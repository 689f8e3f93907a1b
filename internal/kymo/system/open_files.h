#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::system {

/// Whether the descriptors belong to the calling process.
enum class Whose : std::uint8_t { own, another };

/// Number of descriptors in a folder such as /proc/<pid>/fd; nothing if unreadable. Threads: any.
[[nodiscard]] std::optional<std::uint64_t> count_open_files(const std::string& directory, Whose whose);

}  // namespace kymo::KYMO_ABI::system
