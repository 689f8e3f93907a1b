#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <kymo/core/family_options.h>
#include <kymo/core/snapshot.h>

#include "histogram_reader.h"
#include "series.h"
#include "storage_traits.h"

/// Turns a series' cells into the values of a Snapshot, or of the instrument itself.
namespace kymo::KYMO_ABI {

/// A gauge's cell before the first set: a NaN that no user can set.
inline constexpr std::uint64_t kUnsetGauge = 0x7FF8'6B79'6D6F'0001;

/// The growth between two readings of a number, by its storage.
[[nodiscard]] std::uint64_t difference(std::uint64_t now, std::uint64_t before,
                                       FamilySpec::Storage storage) noexcept;

[[nodiscard]] bool is_unset_gauge(const Series& series) noexcept;

/// A counter's number since the last reset, or a level's current value, as a bit pattern in the form of its
/// storage.
[[nodiscard]] std::uint64_t read_number(const Series& series, FamilySpec::Storage storage) noexcept;
[[nodiscard]] HistogramValue read_histogram(const Series& series, FamilySpec::Storage storage,
                                            const HistogramValue::Bounds& bounds);
/// The same for many readings.
[[nodiscard]] HistogramValue read_histogram(const Series& series, cells::HistogramReader& reader);
/// Subtracts the value at the last reset from a value that was just read; a timing's sum stays
/// exact.
void subtract(const ResetBase& base, const cells::HistogramReader& reader, HistogramValue& value);
/// The window of a series that has one; `sum`: over all recorded values.
[[nodiscard]] WindowValue read_recent(const Series& series, double sum, FamilySpec::Storage storage);
[[nodiscard]] WindowValue read_window(const Series& series, FamilySpec::Storage storage);

/// Appends the series' values to the columns of its current storage, which may differ from the family's first
/// one.
void append_values(const Series& series, FamilySpec::Storage storage, const FamilySpec& spec,
                   const HistogramValue::Bounds& bounds, FamilyColumns& columns);

/// A figure that changes with every record into the series.
[[nodiscard]] std::uint64_t activity_of(const FamilyColumns& columns, std::size_t index) noexcept;

}  // namespace kymo::KYMO_ABI
