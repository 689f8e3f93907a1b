#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>

#include <kymo/base/parse_number.h>
#include <kymo/bench/comparison.h>
#include <kymo/bench/run.h>

#include "command.h"
#include "command_line.h"

namespace kymo::KYMO_ABI::cli {
namespace {

/// The arguments of `kymo bench`.
struct BenchArguments {
  std::string json_file;
  std::string compare_file;
  std::optional<double> most_regression;  ///< a share, 0.1 for 10 %
  bool is_quick = false;
};

/// Parses `10%`, `7.5%` or `10`; nothing outside 0 to 1000 %.
std::optional<double> share_in(std::string_view text) {
  if (text.ends_with('%')) text.remove_suffix(1);
  const auto number = base::parse_number<double>(text);
  if (!number || !(*number >= 0) || *number > 1000) return std::nullopt;
  return *number / 100;
}

bool take_regression(const std::string& text, BenchArguments& parsed) {
  if (text.empty()) return true;
  parsed.most_regression = share_in(text);
  if (!parsed.most_regression) {
    complain("bench: --fail-on-regression: \"" + text.substr(0, 64) +
             "\" is no share; expected one such as 10%");
    return false;
  }
  if (!parsed.compare_file.empty()) return true;
  complain("bench: --fail-on-regression needs an earlier run; name it with --compare FILE");
  return false;
}

/// Reads the command line. Nothing if all is done (help or an error was printed); see `exit_code`.
std::optional<BenchArguments> parse_bench_arguments(const Arguments& arguments, int& exit_code) {
  BenchArguments parsed;
  std::string regression;
  CLI::App app(
      "Measures kymo's cost on this machine: recording, by 1, 2, … threads, ten thousand series, a "
      "start;\n"
      "each beside what the machine itself takes for the least that does the same, in the same run.",
      "kymo bench");
  app.add_option("--json", parsed.json_file, "A file to write the figures to, for a later --compare.")
      ->type_name("FILE");
  app.add_option("--compare", parsed.compare_file,
                 "An earlier run to compare with; changes within the noise of both are ignored.")
      ->type_name("FILE");
  app.add_option(
         "--fail-on-regression", regression,
         "With --compare: end with exit code 3 where a figure is worse by more than this, such as 10%, and\n"
         "by more than the noise.")
      ->type_name("PERCENT");
  app.add_flag("--quick", parsed.is_quick, "Fewer and shorter turns: a look, not a measurement.");
  if (read_command_line(app, arguments, exit_code) && take_regression(regression, parsed)) return parsed;
  return std::nullopt;
}

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
