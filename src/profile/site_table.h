#pragma once

#include <cstdint>
#include <string_view>

#include <kymo/version.h>

/// The names of sites, each once, by small numbers. Numbers are never freed: a name is copied at its first
/// record, because reports need the names of unloaded libraries.
namespace kymo::KYMO_ABI::profile {

inline constexpr std::uint32_t kNoSite = 0;
/// Stands for all names beyond the limit.
inline constexpr std::uint32_t kOtherSites = 1;
inline constexpr std::uint32_t kMaxSites = 4096;

/// The number of a name; makes a new one if necessary. Async-signal-safe; the caller holds the profiler's
/// structure lock.
[[nodiscard]] std::uint32_t number_of_site(std::string_view name) noexcept;

/// The name for a result of number_of_site(). Threads: any.
[[nodiscard]] std::string_view name_of_site(std::uint32_t number) noexcept;

}  // namespace kymo::KYMO_ABI::profile
