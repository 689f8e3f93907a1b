#pragma once

#include <prometheus/labels.h>

#include <array>
#include <cstddef>
#include <string>

#include <kymo/core/family.h>
#include <kymo/core/registry.h>

namespace kymo::KYMO_ABI::bench {

/// Three labels as a server has them; `session` tells the series apart.
struct SeriesLabels {
  explicit SeriesLabels(std::size_t i)
      : method(std::array{"GET", "PUT", "POST", "DELETE"}[i % 4]),
        code(std::array{"200", "404", "500"}[i % 3]),
        session(std::to_string(i)) {}

  [[nodiscard]] prometheus::Labels for_peer() const {
    return {{"method", method}, {"code", code}, {"session", session}};
  }

  std::string method;
  std::string code;
  std::string session;
};

template <class Instrument>
using LabelledFamily = Family<Instrument, "method", "code", "session">;

template <class Instrument>
Instrument series(const LabelledFamily<Instrument>& family, const SeriesLabels& labels) {
  return family.with(labels.method, labels.code, labels.session);
}

/// Room for every row.
inline RegistryOptions roomy() { return {.max_series_per_family = 4'000'000, .max_series = 8'000'000}; }

}  // namespace kymo::KYMO_ABI::bench
