#pragma once

#include <cstdlib>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/support/sanitizers.h"

namespace kymo::robustness {

inline constexpr bool kThreadSanitizer = KYMO_THREAD_SANITIZER != 0;
inline constexpr bool kAddressSanitizer = KYMO_ADDRESS_SANITIZER != 0;
inline constexpr bool kSanitized = kThreadSanitizer || kAddressSanitizer;

/// How often to repeat what shows its fault only now and then: few times in the usual run, fewer where every
/// step is slow, `KYMO_ROBUSTNESS_EFFORT` times as often in a night's run.
inline int repetitions(int usual, int sanitized) {
  const char* effort = std::getenv("KYMO_ROBUSTNESS_EFFORT");
  const int times = effort == nullptr ? 1 : static_cast<int>(std::strtol(effort, nullptr, 10));
  return (kSanitized ? sanitized : usual) * (times > 0 ? times : 1);
}

}  // namespace kymo::robustness
