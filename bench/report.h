#pragma once

#include <limits>
#include <string>
#include <vector>

#include <kymo/bench/measure.h>

namespace kymo::KYMO_ABI::bench {

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// What a row promises, and whether it was kept.
struct Bar {
  std::string text;
  bool passed = false;
};

/// One line of the table. A figure that there is none of is NaN.
struct Row {
  std::string work;
  std::string unit;
  double kymo = kNone;
  double limit = kNone;  ///< what no library can beat
  double peer = kNone;   ///< prometheus-cpp
  std::vector<Bar> bars = {};

  Row& at_most(double value);
  Row& at_most_limit(double factor);
  Row& at_most_limit_plus(double more);
  Row& at_most_peer_over(double divisor);
  /// From two threads: at most 1.15 × what one thread takes. `ratio`: what two took of one, in the same turn.
  /// `machine`: the same of two threads that share nothing, where two cores of the machine slow each other
  /// down.
  Row& flat_with_threads(double ratio, double machine);

 private:
  Row& promise(std::string text, double most);
};

/// Prints each row as one line of JSON as soon as it is known; bench/run makes the table of them.
class Report {
 public:
  explicit Report(Effort effort) : effort_(effort) {}

  [[nodiscard]] const Effort& effort() const { return effort_; }
  void begin(std::string subject) { subject_ = std::move(subject); }
  void add(const Row& row) const;

 private:
  Effort effort_;
  std::string subject_;
};

// The subjects, in the order of the table. Each is a file.
void counter_rows(Report& report);
void gauge_rows(Report& report);
void histogram_rows(Report& report);
void lookup_rows(Report& report);
void disabled_rows(Report& report);
void timer_rows(Report& report);
void profile_rows(Report& report);
void exposition_rows(Report& report);
void scrape_rows(Report& report);
void memory_rows(Report& report);
void precision_rows(Report& report);
void header_rows(Report& report);
void tick_rows(Report& report);
void store_rows(Report& report);
void history_rows(Report& report);

/// The part of a memory row that runs in a process of its own; prints bytes a series.
void print_memory_of(const std::string& what, std::size_t series);

}  // namespace kymo::KYMO_ABI::bench
