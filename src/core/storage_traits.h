#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <kymo/core/descriptor.h>
#include <kymo/core/family_options.h>
#include <kymo/core/snapshot.h>

#include "histogram_reader.h"

namespace kymo::KYMO_ABI {

enum class CellForm : std::uint8_t {
  number,         ///< one cell a thread; their sum counts
  shared_number,  ///< one cell for all threads; the last value counts
  histogram,      ///< buckets and a sum
};

/// All that depends on the storage of a series. A new storage is one more row.
struct StorageTraits {
  Kind kind;
  CellForm cells;
  FamilyColumns::NumberType number;               ///< of the number, or of a window's sum
  bool is_level = false;                          ///< may fall; else the number counts from its last reset
  cells::SumForm sum = cells::SumForm::floating;  ///< of a histogram
  bool may_fail = false;       ///< scopes that an exception leaves have a series of their own
  std::string_view unit = {};  ///< kymo's own choice; empty: the user's
  std::string_view help_by_name = "Counted by name.";  ///< of a Collector's metric without a description
};

using NumberType = FamilyColumns::NumberType;

/// In the order of FamilySpec::Storage.
inline constexpr std::array<StorageTraits, 7> kStorageTraits = {{
    {.kind = Kind::counter, .cells = CellForm::number, .number = NumberType::unsigned_integer},
    {.kind = Kind::counter, .cells = CellForm::number, .number = NumberType::floating},
    {.kind = Kind::up_down_counter,
     .cells = CellForm::number,
     .number = NumberType::signed_integer,
     .is_level = true},
    {.kind = Kind::gauge,
     .cells = CellForm::shared_number,
     .number = NumberType::floating,
     .is_level = true,
     .help_by_name = "Values set by name."},
    {.kind = Kind::histogram, .cells = CellForm::histogram, .number = NumberType::floating},
    {.kind = Kind::histogram,
     .cells = CellForm::histogram,
     .number = NumberType::floating,
     .sum = cells::SumForm::nanoseconds,
     .may_fail = true,
     .unit = "seconds",
     .help_by_name = "Durations recorded by name."},
    {.kind = Kind::window, .cells = CellForm::number, .number = NumberType::floating},
}};

[[nodiscard]] constexpr const StorageTraits& traits_of(FamilySpec::Storage storage) noexcept {
  return kStorageTraits[static_cast<std::size_t>(storage)];
}

[[nodiscard]] constexpr bool is_histogram(FamilySpec::Storage storage) noexcept {
  return traits_of(storage).cells == CellForm::histogram;
}

/// For a family with several writers, by name or by an instrument.
[[nodiscard]] constexpr bool is_whole(FamilySpec::Storage storage) noexcept {
  return traits_of(storage).number != NumberType::floating;
}

}  // namespace kymo::KYMO_ABI
