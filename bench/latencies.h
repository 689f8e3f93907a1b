#pragma once

#include <cmath>
#include <cstddef>
#include <random>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

/// Durations in seconds as a server sees them: lognormal, median 5 ms, sigma 0.5. The same ones at each call.
inline std::vector<double> latencies(std::size_t count) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> distribution(std::log(5e-3), 0.5);
  std::vector<double> values(count);
  for (double& value : values) value = distribution(random);
  return values;
}

/// Bounds of the peer's histograms, and of our text: about 1 ms to 1 s, 11 buckets.
inline std::vector<double> eleven_bounds() {
  std::vector<double> bounds;
  for (int exponent = -10; exponent <= 0; ++exponent) bounds.push_back(std::ldexp(1, exponent));
  return bounds;
}

}  // namespace kymo::KYMO_ABI::bench
