#pragma once

#include <atomic>
#include <cstdint>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

/// The least that counting can cost: a load, an addition and a store of memory that only this thread writes.
/// It is reached as a program's own code reaches it, at a fixed offset to the thread: through a register,
/// some processors skip the memory from one turn of a loop to the next, and between two calls of a program
/// they could not. For programs, not for shared libraries.
inline void count_alone() noexcept {
  [[gnu::tls_model("local-exec")]] static thread_local std::atomic<std::uint64_t> own;
  own.store(own.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace kymo::KYMO_ABI::bench
