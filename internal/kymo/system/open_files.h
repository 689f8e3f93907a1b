#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::system {

/// Whether the descriptors are those of who counts them.
enum class Whose : std::uint8_t { own, another };

/// How many descriptors a folder such as /proc/<pid>/fd lists; nothing where it cannot be read. Threads: any.
[[nodiscard]] std::optional<std::uint64_t> count_open_files(const std::string& directory, Whose whose);

}  // namespace kymo::KYMO_ABI::system
