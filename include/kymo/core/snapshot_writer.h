#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <vector>

#include <kymo/core/detail/text_view.h>
#include <kymo/core/histogram_value.h>
#include <kymo/core/labels.h>
#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI {

/// One family that a producer writes into a Snapshot. Valid during the producer's call only.
class KYMO_API FamilyWriter final {
 public:
  /// `errors` counts the skipped series.
  FamilyWriter(FamilyColumns& columns, std::vector<SeriesPtr>& series, std::uint64_t& errors) noexcept
      : columns_(&columns), series_(&series), errors_(&errors) {}

  /// Adds one series. Whole numbers stay exact; NaN is written as NaN. A series with an invalid or repeated
  /// label key is skipped and counted. So is a number for a histogram, and a histogram for a number.
  FamilyWriter& add(Labels labels, double value);
  FamilyWriter& add(std::initializer_list<Label> labels, double value) {
    return add(Labels(labels.begin(), labels.size()), value);
  }
  /// A series without labels.
  FamilyWriter& add(double value) { return add(Labels(), value); }
  /// Adds a histogram series; for a family of `Kind::histogram`.
  FamilyWriter& add(Labels labels, HistogramValue value);

 private:
  [[nodiscard]] bool add_series(Labels labels, bool is_histogram);

  FamilyColumns* columns_;
  std::vector<SeriesPtr>* series_;
  std::uint64_t* errors_;
};

/// Name and meaning of a family, as a producer declares it. All views are literals or outlive the call.
struct FamilyOptions {
  TextView name;  ///< see Descriptor::name
  TextView help;
  TextView unit = {};  ///< see Descriptor::unit
};

/// A producer writes its families here, anew for each Snapshot: the host's CPU, a process'
/// memory.
///
/// Threads: the one that calls the producer. Errors: a family with an invalid name is skipped and
/// counted in `kymo_producer_errors_total`. So is a family whose name the registry or another
/// producer already has with another kind.
class KYMO_API SnapshotWriter {
 public:
  virtual ~SnapshotWriter() = default;

  /// Begins a family of that name, or continues it.
  FamilyWriter counter(const FamilyOptions& options) { return family(Kind::counter, options); }
  FamilyWriter gauge(const FamilyOptions& options) { return family(Kind::gauge, options); }
  FamilyWriter histogram(const FamilyOptions& options) { return family(Kind::histogram, options); }

 protected:
  virtual FamilyWriter family(Kind kind, const FamilyOptions& options) = 0;
};

/// Writes families into each Snapshot (OpenTelemetry's MetricProducer). Called without any lock of the
/// registry held. A producer that throws or is late is counted and skipped.
using Producer = std::function<void(SnapshotWriter&)>;

}  // namespace kymo::KYMO_ABI
