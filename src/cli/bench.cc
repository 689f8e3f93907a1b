#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

#include <kymo/bench/comparison.h>
#include <kymo/bench/saved_run.h>

#include "bench_arguments.h"

namespace kymo::KYMO_ABI::cli {
namespace {

bench::Run read_run(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad())
    throw std::runtime_error(path + ": cannot be read: " + std::strerror(errno) +
                             "; `kymo bench --json FILE` writes one");
  try {
    return bench::from_json(text);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(path + " " + error.what());
  }
}

/// Opened before the measurement, so that errors appear at once, not after half a minute.
std::ofstream open_for_writing(const std::string& path) {
  if (path.empty()) return {};
  std::ofstream file(path, std::ios::binary | std::ios::app);
  if (!file) throw std::runtime_error(path + ": cannot be written: " + std::strerror(errno));
  return file;
}

void write_run(const std::string& path, const bench::Run& run) {
  if (path.empty()) return;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bench::to_json(run) << std::flush;
  if (!file) throw std::runtime_error(path + ": cannot be written: " + std::strerror(errno));
}

int measure_all(const BenchArguments& arguments) {
  std::optional<bench::Run> before;
  if (!arguments.compare_file.empty()) before = read_run(arguments.compare_file);
  (void)open_for_writing(arguments.json_file);
  const bench::Effort effort{.smoke = false, .turns = arguments.is_quick ? 3 : 11};
  const bench::Run run = bench::take_run(
      effort, [](const bench::Figure& figure) { std::cerr << "measured: " << figure.name << '\n'; });
  std::cout << bench::table_of(run, before ? &*before : nullptr) << std::flush;
  write_run(arguments.json_file, run);
  if (!arguments.most_regression) return std::cout ? kSuccess : kFailure;
  const auto worse = bench::regressions(run, *before, *arguments.most_regression);
  for (const std::string& line : worse) std::cout << "FAILED " << line << '\n';
  std::cout << std::flush;
  return worse.empty() ? kSuccess : kFound;
}

}  // namespace

int measure_costs(const Arguments& arguments) {
  int exit_code = kSuccess;
  const auto parsed = parse_bench_arguments(arguments, exit_code);
  if (!parsed) return exit_code;
  try {
    return measure_all(*parsed);
  } catch (const std::exception& error) {
    complain(std::string("bench: ") + error.what());
    return kFailure;
  }
}

}  // namespace kymo::KYMO_ABI::cli
