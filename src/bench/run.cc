#include <kymo/bench/run.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include <kymo/format/iso_time.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {
namespace {

/// Interpolates between the two nearest values.
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (place - static_cast<double>(below));
}

}  // namespace

Figure figure_of(std::string_view name, std::string_view unit, std::vector<double> turns, double factor) {
  std::erase_if(turns, [](double value) { return !std::isfinite(value); });
  std::ranges::sort(turns);
  Figure figure{.name = std::string(name), .unit = std::string(unit), .limit_name = {}, .limit = {}};
  if (turns.empty()) {
    figure.median = figure.low = figure.high = std::nan("");
    return figure;
  }
  figure.median = quantile(turns, 0.5) * factor;
  figure.low = quantile(turns, 0.25) * factor;
  figure.high = quantile(turns, 0.75) * factor;
  return figure;
}

Figure against(Figure figure, std::string_view limit_name, const std::vector<double>& turns, double factor) {
  const double limit = median(turns) * factor;
  figure.limit_name = limit_name;
  if (std::isfinite(limit)) figure.limit = limit;
  return figure;
}

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
