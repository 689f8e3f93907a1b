#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <kymo/core/family_options.h>
#include <kymo/core/snapshot.h>

#include "histogram_reader.h"
#include "series.h"

/// From a series' cells to the values that a Snapshot, or the instrument itself, gives.
namespace kymo::KYMO_ABI {

[[nodiscard]] constexpr bool is_histogram(FamilySpec::Storage storage) noexcept {
  return storage == FamilySpec::Storage::histogram || storage == FamilySpec::Storage::timing;
}

/// Of a family that several may record into, by name or by an instrument.
[[nodiscard]] constexpr bool is_whole(FamilySpec::Storage storage) noexcept {
  return storage == FamilySpec::Storage::whole || storage == FamilySpec::Storage::signed_whole;
}

/// A gauge's cell before the first set: a NaN that nobody can set.
inline constexpr std::uint64_t kUnsetGauge = 0x7FF8'6B79'6D6F'0001;

[[nodiscard]] cells::SumForm sum_form(FamilySpec::Storage storage) noexcept;

/// What was added between two readings of a number, as its storage counts.
[[nodiscard]] std::uint64_t difference(std::uint64_t now, std::uint64_t before,
                                       FamilySpec::Storage storage) noexcept;

[[nodiscard]] bool is_unset_gauge(const Series& series) noexcept;

/// A counter's number since the last reset, or what a level is now, as a bit pattern in the form of its
/// storage.
[[nodiscard]] std::uint64_t read_number(const Series& series, FamilySpec::Storage storage) noexcept;
[[nodiscard]] HistogramValue read_histogram(const Series& series, FamilySpec::Storage storage,
                                            const HistogramValue::Bounds& bounds);
/// The same where many are read.
[[nodiscard]] HistogramValue read_histogram(const Series& series, cells::HistogramReader& reader);
/// Takes out what the series held when it was reset, of a value that was just read; a timing's sum stays
/// exact.
void subtract(const ResetBase& base, const cells::HistogramReader& reader, HistogramValue& value);
/// The window of a series that has one; `sum`: of all that was ever recorded.
[[nodiscard]] WindowValue read_recent(const Series& series, double sum, FamilySpec::Storage storage);
[[nodiscard]] WindowValue read_window(const Series& series, FamilySpec::Storage storage);

/// Appends the series' values to the columns of its storage, which may be another one than the family began
/// with.
void append_values(const Series& series, FamilySpec::Storage storage, const FamilySpec& spec,
                   const HistogramValue::Bounds& bounds, FamilyColumns& columns);

/// A figure that changes whenever something is recorded into the series.
[[nodiscard]] std::uint64_t activity_of(const FamilyColumns& columns, std::size_t index) noexcept;

[[nodiscard]] FamilyColumns::NumberType number_type(FamilySpec::Storage storage) noexcept;

}  // namespace kymo::KYMO_ABI
