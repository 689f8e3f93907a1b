// How far a histogram's percentiles are from those of the sorted values. The limit: half the width of a
// bucket, which is as near as 64 buckets an octave can promise.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include <kymo/core/histogram_value.h>
#include <kymo/core/registry.h>

#include "report.h"

namespace kymo::KYMO_ABI::bench {
namespace {

using Random = std::mt19937_64;

struct Shape {
  const char* name;
  std::function<double(Random&)> draw;
};

std::vector<Shape> shapes() {
  const double low = std::log(1e-9);
  const double high = std::log(1e3);
  return {{"lognormal", std::lognormal_distribution<double>(std::log(5e-3), 0.5)},
          {"bimodal", [fast = std::lognormal_distribution<double>(std::log(1e-3), 0.3),
                       slow = std::lognormal_distribution<double>(std::log(0.2), 0.4),
                       which = std::bernoulli_distribution(0.3)](
                          Random& random) mutable { return which(random) ? slow(random) : fast(random); }},
          {"constant", [](Random&) { return 0.0123; }},
          {"1 ns to 1 000 s", [exponent = std::uniform_real_distribution<double>(low, high)](
                                  Random& random) mutable { return std::exp(exponent(random)); }}};
}

/// The largest relative error, in percent, over five percentiles.
double worst_error(const HistogramValue& value, std::vector<double>& truth) {
  std::ranges::sort(truth);
  double worst = 0;
  for (const double q : {0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(truth.size())));
    const double expected = truth[std::max<std::size_t>(rank, 1) - 1];
    worst = std::max(worst, 100 * std::abs(value.quantile(q) - expected) / expected);
  }
  return worst;
}

}  // namespace

void precision_rows(Report& report) {
  const std::size_t count = report.effort().of(10'000'000, 1000);
  for (Shape& shape : shapes()) {
    Registry registry;
    Histogram histogram = registry.histogram("values", "V.");
    Random random(3);
    std::vector<double> truth(count);
    for (double& value : truth) histogram.record(value = shape.draw(random));
    const double bucket = 100 * (std::exp2(1.0 / 64) - 1);
    report.add(Row{.work = std::string("worst error of p50 to p99.99, ") + shape.name,
                   .unit = "%",
                   .kymo = worst_error(histogram.value(), truth),
                   .limit = bucket / 2}
                   .at_most(1));
  }
}

}  // namespace kymo::KYMO_ABI::bench
