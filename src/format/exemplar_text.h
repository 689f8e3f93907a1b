#pragma once

#include <cstddef>
#include <span>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// The newest of some exemplars that OpenMetrics allows: a value, and labels of 128 characters at most. Null
/// where there is none.
[[nodiscard]] const Exemplar* newest_allowed(std::span<const Exemplar> exemplars);

/// How many bytes put_exemplar writes at most.
[[nodiscard]] std::size_t exemplar_bytes(const Exemplar& exemplar) noexcept;

/// Writes ` # {labels} value timestamp`; what stands behind a sample's value.
[[nodiscard]] char* put_exemplar(char* at, const Exemplar& exemplar) noexcept;

}  // namespace kymo::KYMO_ABI::format
