#pragma once

#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

/// Where figures are taken: those of another machine, or another build, are not to be compared.
struct Machine {
  std::string processor;
  unsigned cores = 1;
  std::string kernel;
  std::string build;  ///< compiler and how it was told to optimize

  friend bool operator==(const Machine&, const Machine&) = default;
};

[[nodiscard]] Machine this_machine();

/// How busy others keep it: runnable threads on average over the last minute; negative where not known.
[[nodiscard]] double load_of_machine();

}  // namespace kymo::KYMO_ABI::bench
