#pragma once

#include <cstddef>
#include <span>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// The newest exemplar that OpenMetrics allows: with a value, and labels of at most 128 characters. Null if
/// there is none.
[[nodiscard]] const Exemplar* newest_allowed(std::span<const Exemplar> exemplars);

/// Upper bound of put_exemplar's bytes.
[[nodiscard]] std::size_t exemplar_bytes(const Exemplar& exemplar) noexcept;

/// Writes ` # {labels} value timestamp`, the text after a sample's value.
[[nodiscard]] char* put_exemplar(char* at, const Exemplar& exemplar) noexcept;

}  // namespace kymo::KYMO_ABI::format
