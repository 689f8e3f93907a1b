#pragma once

#include <cstdint>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

/// Calls of operator new by this thread so far.
[[nodiscard]] std::uint64_t allocations();

}  // namespace kymo::KYMO_ABI::bench
