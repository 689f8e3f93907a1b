#pragma once

#include <atomic>
#include <cstdint>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

/// The least possible cost of counting: a load, an addition and a store of memory that only this thread
/// writes. The memory is at a fixed offset to the thread, as in a program's own code. Through a register,
/// some processors skip the memory between turns of a loop, which they could not between a program's calls.
/// For programs, not for shared libraries.
inline void count_alone() noexcept {
  [[gnu::tls_model("local-exec")]] static thread_local std::atomic<std::uint64_t> own;
  own.store(own.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace kymo::KYMO_ABI::bench
