#include "report.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <sstream>

namespace kymo::KYMO_ABI::bench {
namespace {

std::string short_number(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

std::string json_number(double value) { return std::isfinite(value) ? short_number(value) : "null"; }

/// The texts here hold neither quotes nor control characters.
std::string json_text(const std::string& text) { return '"' + text + '"'; }

}  // namespace

Row& Row::promise(std::string text, double most) {
  bars.push_back({.text = std::move(text), .passed = kymo <= most});
  return *this;
}

Row& Row::at_most(double value) { return promise("≤ " + short_number(value), value); }

Row& Row::at_most_limit(double factor) {
  return promise(factor == 1 ? "≤ limit" : "≤ " + short_number(factor) + " × limit", factor * limit);
}

Row& Row::at_most_limit_plus(double more) { return promise("≤ limit + " + short_number(more), limit + more); }

Row& Row::at_most_peer_over(double divisor) {
  return promise("≤ 1/" + short_number(divisor) + " of prometheus-cpp", peer / divisor);
}

Row& Row::flat_with_threads(double ratio, double machine) {
  const auto rounded = [](double number) { return std::round(number * 100) / 100; };
  const double slower = std::max(1.0, rounded(machine));
  bars.push_back({.text = "1 thread × " + short_number(rounded(ratio)) + " ≤ 1.15" +
                          (slower > 1 ? " × " + short_number(slower) : ""),
                  .passed = ratio <= 1.15 * slower});
  return *this;
}

void Report::add(const Row& row) const {
  std::ostringstream out;
  out << "{\"subject\":" << json_text(subject_) << ",\"work\":" << json_text(row.work)
      << ",\"unit\":" << json_text(row.unit) << ",\"kymo\":" << json_number(row.kymo)
      << ",\"limit\":" << json_number(row.limit) << ",\"prometheus_cpp\":" << json_number(row.peer)
      << ",\"bars\":[";
  for (std::size_t i = 0; i < row.bars.size(); ++i) {
    out << (i == 0 ? "" : ",") << "{\"bar\":" << json_text(row.bars[i].text)
        << ",\"passed\":" << (row.bars[i].passed ? "true" : "false") << '}';
  }
  out << "]}";
  std::cout << out.str() << std::endl;
}

}  // namespace kymo::KYMO_ABI::bench
