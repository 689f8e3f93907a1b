#include <cstddef>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include <kymo/alert/rule_file.h>

#include "command.h"
#include "command_line.h"

namespace kymo::KYMO_ABI::cli {
namespace {

constexpr std::string_view kRules = "rules";

void print(const std::string& path, const std::vector<alert::RuleProblem>& problems, std::string_view level) {
  for (const alert::RuleProblem& one : problems) {
    std::cout << path << ':' << one.place.line << ':' << one.place.column << ": " << level << one.text
              << '\n';
  }
}

/// Whether the file may be used.
bool check_rule_file(const std::string& path, const alert::RuleFileOptions& options) {
  const auto text = read_file(path, "check");
  if (!text) return false;
  const alert::RuleFile file = alert::read_rule_file(*text, options);
  print(path, file.problems, "");
  print(path, file.warnings, "warning: ");
  if (!file.problems.empty()) return false;
  std::size_t rules = 0;
  for (const alert::RuleGroup& group : file.groups) rules += group.rules.size();
  std::cout << path << ": " << rules << (rules == 1 ? " rule" : " rules") << " in " << file.groups.size()
            << (file.groups.size() == 1 ? " group\n" : " groups\n");
  return true;
}

}  // namespace

int check_files(const Arguments& arguments) {
  int exit_code = kSuccess;
  std::string kind;
  std::vector<std::string> files;
  alert::RuleFileOptions options;
  CLI::App app(
      "Checks files of recording and alerting rules, as Prometheus has them, and names each problem with "
      "its\n"
      "place. Exit code 1 where a file must not be used.",
      "kymo check");
  app.add_option("KIND", kind, "The kind of files: rules.")->required();
  app.add_option("FILE", files, "The files.")->required()->type_name("");
  app.add_flag("--experimental", options.takes_experimental, "Take experimental parts of PromQL.");
  if (!read_command_line(app, arguments, exit_code, "[OPTIONS] rules FILE…")) return exit_code;
  if (kind != kRules) {
    complain("check: \"" + kind.substr(0, 64) + "\" is no kind of files; expected rules");
    return kBadUsage;
  }
  exit_code = kSuccess;
  for (const std::string& path : files) {
    if (!check_rule_file(path, options)) exit_code = kFailure;
  }
  return exit_code;
}

}  // namespace kymo::KYMO_ABI::cli
