#include <kymo/core/family_options.h>

#include <utility>

#include "storage_traits.h"

namespace kymo::KYMO_ABI {
namespace {

using Storage = FamilySpec::Storage;

FamilySpec plain(Storage storage, std::string_view unit, SeriesPolicy series) {
  FamilySpec spec;
  spec.storage = storage;
  spec.unit = unit;
  spec.series = series;
  return spec;
}

FamilySpec counting(Storage storage, const CounterOptions& options) {
  FamilySpec spec = plain(storage, options.unit, options.series);
  spec.exemplars = options.exemplars;
  return spec;
}

}  // namespace

Kind FamilySpec::kind() const noexcept { return traits_of(storage).kind; }

FamilySpec InstrumentTraits<Counter>::spec(Options options) { return counting(Storage::whole, options); }

FamilySpec InstrumentTraits<DoubleCounter>::spec(Options options) {
  return counting(Storage::floating, options);
}

FamilySpec InstrumentTraits<UpDownCounter>::spec(Options options) {
  return plain(Storage::signed_whole, options.unit, options.series);
}

FamilySpec InstrumentTraits<Gauge>::spec(Options options) {
  FamilySpec spec = plain(Storage::gauge, options.unit, options.series);
  spec.statistics = options.statistics;
  return spec;
}

FamilySpec InstrumentTraits<Histogram>::spec(Options options) {
  FamilySpec spec = plain(Storage::histogram, options.unit, options.series);
  spec.exemplars = options.exemplars;
  spec.bounds = std::move(options.bounds);
  spec.non_negative = options.non_negative;
  spec.text_bounds = std::move(options.text_bounds);
  return spec;
}

FamilySpec InstrumentTraits<Timing>::spec(Options options) {
  FamilySpec spec = plain(Storage::timing, traits_of(Storage::timing).unit, options.series);
  spec.exemplars = options.exemplars;
  spec.recent = options.recent;
  spec.text_bounds = std::move(options.text_bounds);
  return spec;
}

FamilySpec InstrumentTraits<Window>::spec(Options options) {
  FamilySpec spec = plain(Storage::window, options.unit, options.series);
  spec.recent = options.capacity == 0 ? 1 : options.capacity;
  return spec;
}

}  // namespace kymo::KYMO_ABI
