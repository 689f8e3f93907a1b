#pragma once

#include <cmath>

#include <kymo/bench/run.h>

namespace kymo::KYMO_ABI::bench::test {

inline Figure figure(const std::string& name, double median, double spread = 0.02,
                     std::optional<double> limit = std::nullopt) {
  return {.name = name,
          .unit = "ns",
          .median = median,
          .low = median * (1 - spread / 2),
          .high = median * (1 + spread / 2),
          .limit_name = limit ? "count in own memory" : "",
          .limit = limit};
}

inline Run run(std::vector<Figure> figures) {
  return {.version = "1.2.3",
          .time = "2026-01-02T03:04:05.678Z",
          .machine = {"A \"quick\" processor", 4, "Linux 6.1", "12.2.0, optimized, without assertions"},
          .load = 0.25,
          .figures = std::move(figures)};
}

}  // namespace kymo::KYMO_ABI::bench::test
