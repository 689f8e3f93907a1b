#pragma once

#include <kymo/core/cells.h>

namespace kymo::inline v0 {

/// Whatever goes wrong inside, such as memory that is not to be had, the caller goes on; what was to be
/// recorded is counted as refused.
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

}  // namespace kymo::inline v0
