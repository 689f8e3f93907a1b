#include <kymo/bench/run.h>

#include <stdlib.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace kymo::KYMO_ABI::bench {
namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    // "Model" and "Processor" are the names on other architectures.
    const bool is_name =
        line.starts_with("model name") || line.starts_with("Processor") || line.starts_with("Model");
    if (is_name && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

}  // namespace

Machine this_machine() {
  utsname name{};
  const bool has_name = ::uname(&name) == 0;
#ifdef NDEBUG
  const std::string checks = "without assertions";
#else
  const std::string checks = "with assertions";
#endif
#ifdef __OPTIMIZE__
  const std::string optimized = "optimized";
#else
  const std::string optimized = "not optimized";
#endif
  return {.processor = processor_name(),
          .cores = std::max(1U, std::thread::hardware_concurrency()),
          .kernel = has_name ? std::string(name.sysname) + " " + name.release : "unknown",
          .build = std::string(__VERSION__) + ", " + optimized + ", " + checks};
}

double load_of_machine() {
  double load = -1;
  return ::getloadavg(&load, 1) == 1 ? load : -1;
}

}  // namespace kymo::KYMO_ABI::bench
