#pragma once

#include <kymo/core/detail/cells.h>

namespace kymo::KYMO_ABI {

/// Swallows every error, including bad_alloc: recording never fails its caller. The value is counted as
/// refused.
template <class Call>
void guarded(Call call) noexcept {
#if defined(__cpp_exceptions)
  try {
    call();
  } catch (...) {
    cells::refuse(cells::Refusal::out_of_memory);
  }
#else
  call();
#endif
}

}  // namespace kymo::KYMO_ABI
