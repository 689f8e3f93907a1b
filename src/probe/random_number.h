#pragma once

#include <cstdint>
#include <random>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// A number that no outsider can guess; never 0.
[[nodiscard]] inline std::uint64_t draw_secret() {
  std::random_device device;
  const std::uint64_t high = device();
  return (high << 32U | device()) | 1U;
}

}  // namespace kymo::KYMO_ABI::probe
