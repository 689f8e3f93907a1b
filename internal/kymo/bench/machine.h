#pragma once

#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

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

}  // namespace kymo::KYMO_ABI::bench
