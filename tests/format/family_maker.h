#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// A fixed time for expectations: 2025-11-28T10:30:00.123Z.
[[nodiscard]] std::chrono::system_clock::time_point test_time();

/// The buckets that an instrument gives for these values; exponential, or explicit where there are bounds.
[[nodiscard]] HistogramValue histogram_of(std::initializer_list<double> values,
                                          std::vector<double> bounds = {});
[[nodiscard]] WindowValue window_of(std::vector<double> values);

/// Puts a family together by hand, with any number, any time and any bytes, past what a registry would let
/// through.
class FamilyMaker final {
 public:
  FamilyMaker(Kind kind, std::string_view name, std::string_view help = {}, std::string_view unit = {});

  FamilyMaker& text_bounds(std::vector<double> bounds);
  /// Of the series added from now on; none: they do not know when they began.
  FamilyMaker& created(std::chrono::system_clock::time_point time);

  FamilyMaker& count(std::initializer_list<Label> labels, std::uint64_t number);
  FamilyMaker& whole(std::initializer_list<Label> labels, std::int64_t number);
  FamilyMaker& number(std::initializer_list<Label> labels, double number);
  FamilyMaker& gauge(std::initializer_list<Label> labels, double number, const GaugeStatistics& statistics);
  FamilyMaker& histogram(std::initializer_list<Label> labels, HistogramValue value);
  FamilyMaker& window(std::initializer_list<Label> labels, WindowValue value);
  /// A histogram with the last values beside it.
  FamilyMaker& timing(std::initializer_list<Label> labels, HistogramValue value, WindowValue recent);
  /// Of the series added last.
  FamilyMaker& exemplars(std::vector<Exemplar> exemplars);

  [[nodiscard]] FamilySnapshot make();

 private:
  void add_series(std::initializer_list<Label> labels);
  void add_number(std::initializer_list<Label> labels, FamilyColumns::NumberType type, std::uint64_t bits);

  FamilyColumns columns_;
  std::vector<SeriesPtr> series_;
  std::chrono::system_clock::time_point created_;
};

/// Taken at test_time(), an hour and half a second after the start.
[[nodiscard]] Snapshot snapshot_of(std::vector<FamilySnapshot> families);

/// Every kind of family, every field of every JSON, and labels and help that need escapes; names as a linter
/// wants them.
[[nodiscard]] Snapshot sample_snapshot();

}  // namespace kymo::KYMO_ABI::format
