#pragma once

#include <functional>
#include <string>
#include <vector>

#include <kymo/bench/figure.h>
#include <kymo/bench/machine.h>

namespace kymo::KYMO_ABI::bench {

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

}  // namespace kymo::KYMO_ABI::bench
