#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/descriptor.h>

namespace kymo::KYMO_ABI {

/// The reason why a metric's name is unusable, with the remedy; nothing for a usable name.
///
/// A name starts with a letter or `_`, goes on with letters, digits, `_`, `:`, `.`, `-` or `/`, and has at
/// most 255 characters. Any ending is allowed: `_count`, `_total` and the like collide only beside a metric
/// with that sample, see sample_names(). Source: Prometheus data model; OpenTelemetry instrument name
/// syntax.
[[nodiscard]] std::optional<std::string> name_error(std::string_view name);

/// The reason why a label's key is unusable; nothing for a usable one. A key starts with a letter or `_`,
/// goes on with letters, digits or `_` (`.` and `-` become `_`), does not start with `__`, and is neither
/// `le` nor `quantile`.
[[nodiscard]] std::optional<std::string> label_key_error(std::string_view key);

/// The same without an allocation: a predicate such as `is not valid: …`; empty for a usable
/// key.
[[nodiscard]] std::string_view label_key_fault(std::string_view key) noexcept;

/// The reason why a unit is unusable: a unit has lower-case letters, digits and `_` only.
[[nodiscard]] std::optional<std::string> unit_error(std::string_view unit);

/// Builds the descriptor of valid names, with the OpenMetrics family name.
/// Source: OpenTelemetry, "Prometheus and OpenMetrics compatibility".
[[nodiscard]] Descriptor make_descriptor(Kind kind, std::string_view name, std::string_view help,
                                         std::string_view unit);

/// Suffixes of sample names, and the labels that text formats add to a series. Source: OpenMetrics 1.0.
inline constexpr std::string_view kTotalSuffix = "_total";
inline constexpr std::string_view kBucketSuffix = "_bucket";
inline constexpr std::string_view kSumSuffix = "_sum";
inline constexpr std::string_view kCountSuffix = "_count";
inline constexpr std::string_view kCreatedSuffix = "_created";
inline constexpr std::string_view kBoundLabel = "le";
inline constexpr std::string_view kQuantileLabel = "quantile";

[[nodiscard]] inline std::string sample_name(const Descriptor& descriptor, std::string_view suffix) {
  return std::string(descriptor.family_name).append(suffix);
}
/// The name of the sample that has a number's value: `x_total` of a counter, else the family's.
[[nodiscard]] inline std::string value_name(const Descriptor& descriptor) {
  return sample_name(descriptor, descriptor.kind == Kind::counter ? kTotalSuffix : std::string_view());
}

/// The sample names that a family occupies in the text formats (`x_total`, `x_bucket`, …), the family's own
/// first: two families of one Snapshot must not share any.
[[nodiscard]] std::vector<std::string> sample_names(const Descriptor& descriptor);

/// The nearest known name by edit distance, for "did you mean"; empty when none is near.
[[nodiscard]] std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace kymo::KYMO_ABI
