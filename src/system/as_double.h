#pragma once

#include <cstdint>
#include <optional>

namespace kymo::system {

[[nodiscard]] inline std::optional<double> as_double(std::optional<std::uint64_t> value) noexcept {
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

}  // namespace kymo::system
