#pragma once

#include <cstdint>

namespace kymo::bench {

/// Calls of operator new by this thread so far.
[[nodiscard]] std::uint64_t allocations();

}  // namespace kymo::bench
