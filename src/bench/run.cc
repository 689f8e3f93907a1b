#include <kymo/bench/run.h>

#include <algorithm>
#include <chrono>

#include <kymo/format/iso_time.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

const Figure* Run::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(figures, name, &Figure::name);
  return found == figures.end() ? nullptr : &*found;
}

Run take_run(const Effort& effort, const std::function<void(const Figure&)>& told) {
  Run run{.version = std::string(version()),
          .time = format::iso_time(std::chrono::system_clock::now()),
          .machine = this_machine(),
          .load = load_of_machine(),
          .figures = {}};
  const Told keep = [&](Figure figure) {
    told(figure);
    run.figures.push_back(std::move(figure));
  };
  operation_figures(effort, keep);
  scaling_figures(effort, keep);
  series_figures(effort, keep);
  startup_figures(effort, keep);
  return run;
}

}  // namespace kymo::KYMO_ABI::bench
