#pragma once

#include <cstdint>
#include <optional>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::system {

[[nodiscard]] inline std::optional<double> as_double(std::optional<std::uint64_t> value) noexcept {
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

}  // namespace kymo::KYMO_ABI::system
