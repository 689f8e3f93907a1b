#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/descriptor.h>

namespace kymo::KYMO_ABI {

/// Why a metric's name cannot be used, with the remedy; nothing when it can.
///
/// A name starts with a letter or `_`, goes on with letters, digits, `_`, `:`, `.`, `-` or `/`, and has at
/// most 255 characters. Any ending may be used: `_count`, `_total` and the like collide only beside a metric
/// that has that sample, see sample_names(). Source: Prometheus data model; OpenTelemetry instrument name
/// syntax.
[[nodiscard]] std::optional<std::string> name_error(std::string_view name);

/// Why a label's key cannot be used; nothing when it can. A key starts with a letter or `_`, goes on with
/// letters, digits or `_`
/// (`.` and `-` are taken and become `_`), does not start with `__`, and is neither `le` nor `quantile`.
[[nodiscard]] std::optional<std::string> label_key_error(std::string_view key);

/// The same without an allocation: what a sentence says of the key, as `is not valid: …`; empty when it can
/// be used.
[[nodiscard]] std::string_view label_key_fault(std::string_view key) noexcept;

/// Why a unit cannot be used: it must be lower-case letters, digits and `_`.
[[nodiscard]] std::optional<std::string> unit_error(std::string_view unit);

/// Builds the descriptor of valid names, with the name that OpenMetrics knows the family by.
/// Source: OpenTelemetry, "Prometheus and OpenMetrics compatibility".
[[nodiscard]] Descriptor make_descriptor(Kind kind, std::string_view name, std::string_view help,
                                         std::string_view unit);

/// The sample names that a family occupies in the text formats (`x_total`, `x_bucket`, …), the family's own
/// first: two families of one Snapshot must not share any.
[[nodiscard]] std::vector<std::string> sample_names(const Descriptor& descriptor);

/// The nearest of some known names by edit distance, for "did you mean"; empty when none is near.
[[nodiscard]] std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace kymo::KYMO_ABI
