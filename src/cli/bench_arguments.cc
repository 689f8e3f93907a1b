#include "bench_arguments.h"

#include <CLI/CLI.hpp>

#include <algorithm>

#include <kymo/base/parse_number.h>

#include "command_line.h"

namespace kymo::KYMO_ABI::cli {
namespace {

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

}  // namespace

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

}  // namespace kymo::KYMO_ABI::cli
