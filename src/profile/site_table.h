#pragma once

#include <cstdint>
#include <string_view>

#include <kymo/version.h>

/// The names of sites, each once, by small numbers. They are never given back: a name is copied when a site
/// first records, and what a library that was unloaded had called its functions is still to be read.
namespace kymo::KYMO_ABI::profile {

inline constexpr std::uint32_t kNoSite = 0;
/// Stands for all for which there is no room.
inline constexpr std::uint32_t kOtherSites = 1;
inline constexpr std::uint32_t kMaxSites = 4096;

/// The number of a name, made where it is new. Async-signal-safe; the caller holds the profiler's structure
/// lock.
[[nodiscard]] std::uint32_t number_of_site(std::string_view name) noexcept;

/// Of a number that number_of_site() gave. Threads: any.
[[nodiscard]] std::string_view name_of_site(std::uint32_t number) noexcept;

}  // namespace kymo::KYMO_ABI::profile
