#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/bench/measure.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

/// The cost of one operation on this machine: less is better.
struct Figure {
  std::string name;
  std::string unit;             ///< `ns` or `ms`
  double median = 0;            ///< of the turns
  double low = 0;               ///< a quarter of the turns took less
  double high = 0;              ///< a quarter took more
  std::string limit_name;       ///< the machine's limit for comparison; empty: none
  std::optional<double> limit;  ///< the limit's cost, measured in alternating turns, in the same unit

  /// Spread of the turns, as a share of the median.
  [[nodiscard]] double spread() const noexcept { return median > 0 ? (high - low) / median : 0; }
  /// The cost as a multiple of the limit.
  [[nodiscard]] std::optional<double> times_limit() const noexcept {
    if (!limit || !(*limit > 0)) return std::nullopt;
    return median / *limit;
  }
};

/// Makes a figure from turns; `factor` converts them to the unit. Failed turns are left out.
[[nodiscard]] Figure figure_of(std::string_view name, std::string_view unit, std::vector<double> turns,
                               double factor = 1);

/// Adds the machine's limit, with these turns, to a figure.
[[nodiscard]] Figure against(Figure figure, std::string_view limit_name, const std::vector<double>& turns,
                             double factor = 1);

/// The machine and build of a run: figures of others are not comparable.
struct Machine {
  std::string processor;
  unsigned cores = 1;
  std::string kernel;
  std::string build;  ///< compiler and its optimization flags

  friend bool operator==(const Machine&, const Machine&) = default;
};

[[nodiscard]] Machine this_machine();

/// Runnable threads on average over the last minute; negative where unknown.
[[nodiscard]] double load_of_machine();

/// All figures of one run.
struct Run {
  std::string version;  ///< of kymo
  std::string time;     ///< ISO 8601
  Machine machine;
  double load = -1;  ///< of the machine at the beginning, see load_of_machine()
  std::vector<Figure> figures;

  [[nodiscard]] const Figure* find(std::string_view name) const noexcept;
};

/// Takes all figures, and calls `told` with each at once. Cost: half a minute, or some seconds with fewer
/// turns. Errors: std::exception if no server can be started here.
[[nodiscard]] Run take_run(const Effort& effort, const std::function<void(const Figure&)>& told);

// The parts of a run, each in a file.
using Told = std::function<void(Figure)>;
void startup_figures(const Effort& effort, const Told& told);
void operation_figures(const Effort& effort, const Told& told);
void series_figures(const Effort& effort, const Told& told);
void scaling_figures(const Effort& effort, const Told& told);

/// A run as JSON, to keep and to compare later runs with (docs/guide/monitor.md).
[[nodiscard]] std::string to_json(const Run& run);

/// Reads the output of to_json(). Errors: std::runtime_error that names the fault.
[[nodiscard]] Run from_json(const std::string& text);

}  // namespace kymo::KYMO_ABI::bench
