#include "text_bounds.h"

#include <cmath>

namespace kymo::KYMO_ABI {
namespace {

using Bounds = std::shared_ptr<const std::vector<double>>;

Bounds powers_of_two(int first, int last, int step) {
  std::vector<double> bounds;
  for (int exponent = first; exponent <= last; exponent += step) bounds.push_back(std::ldexp(1.0, exponent));
  return std::make_shared<const std::vector<double>>(std::move(bounds));
}

}  // namespace

Bounds default_text_bounds(std::string_view unit) {
  // 15 µs to 64 s; 16 B to 1 GiB; shares 1/256 to 16 (a realtime factor may pass 1). Never destroyed: a
  // histogram may be registered or read while static objects are destroyed.
  static const Bounds& kSeconds = *new Bounds(powers_of_two(-16, 6, 1));
  static const Bounds& kBytes = *new Bounds(powers_of_two(4, 30, 2));
  static const Bounds& kRatio = *new Bounds(powers_of_two(-8, 4, 1));
  static const Bounds& kOther = *new Bounds(powers_of_two(-4, 24, 2));
  if (unit == "seconds") return kSeconds;
  if (unit == "bytes") return kBytes;
  if (unit == "ratio") return kRatio;
  return kOther;
}

}  // namespace kymo::KYMO_ABI
