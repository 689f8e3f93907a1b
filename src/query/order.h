#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::query {

/// The value below which a share `q` of the values lies, interpolated between neighbors; NaN is the least.
/// Sorts the values. NaN where there are none, −Inf and +Inf where `q` is not between 0 and 1.
[[nodiscard]] double quantile_among(double q, std::vector<double>& values);

/// Whether a text comes before another one, with numbers in them compared as numbers.
[[nodiscard]] bool is_naturally_less(std::string_view a, std::string_view b) noexcept;

/// A hash whose values spread evenly; the same on each machine.
[[nodiscard]] std::uint64_t spread_hash(std::string_view bytes) noexcept;

/// The greater one, and the lesser one; NaN where either is, unless the other ends the comparison.
[[nodiscard]] double greater_of(double a, double b) noexcept;
[[nodiscard]] double lesser_of(double a, double b) noexcept;

}  // namespace kymo::KYMO_ABI::query
