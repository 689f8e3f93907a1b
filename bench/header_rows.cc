// Counts the lines that the compiler reads for the header of a hot file. The limit: <atomic>, which such a
// header can hardly do without.
#include <cstdio>
#include <stdexcept>
#include <string>

#include "report.h"

namespace kymo::KYMO_ABI::bench {
namespace {

double preprocessed_lines(const std::string& header) {
  const std::string command = "echo '#include <" + header +
                              ">' | '" KYMO_BENCH_COMPILER "' -std=c++20 -I'" KYMO_BENCH_INCLUDE
                              "' -E -P -x c++ - | wc -l";
  FILE* output = popen(command.c_str(), "r");
  double lines = kNone;
  const bool read = output != nullptr && std::fscanf(output, "%lf", &lines) == 1;
  if (output == nullptr || pclose(output) != 0 || !read) throw std::runtime_error("failed: " + command);
  return lines;
}

}  // namespace

void header_rows(Report& report) {
  const double atomic = preprocessed_lines("atomic");
  for (const std::string name : {"counter.h", "gauge.h", "histogram.h"}) {
    const std::string header = "kymo/core/" + name;
    report.add(Row{.work = "lines behind <" + header + '>',
                   .unit = "lines",
                   .kymo = preprocessed_lines(header),
                   .limit = atomic,
                   .peer = preprocessed_lines("prometheus/" + name)}
                   .at_most_limit_plus(3000));
  }
}

}  // namespace kymo::KYMO_ABI::bench
