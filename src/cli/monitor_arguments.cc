#include "monitor_arguments.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>

#include <kymo/base/ascii.h>

#include "command_line.h"

namespace kymo::KYMO_ABI::cli {
namespace {

/// The kernel's largest pid (PID_MAX_LIMIT).
constexpr watch::Pid kMostPid = 4'194'304;

struct MonitorTexts {
  std::string rate = "2";
  std::string duration;
  std::vector<std::string> fail_on;
};

void add_monitor_options(CLI::App& app, MonitorArguments& parsed, MonitorTexts& texts) {
  app.add_option("--rate", texts.rate, "Readings a second, 1 to 10; default 2.")->type_name("HZ");
  app.add_option("--duration", texts.duration,
                 "Time to watch, such as 30s, 5m or 1h; default: until the process ends, or Ctrl-C.\nA "
                 "COMMAND is then ended.")
      ->type_name("TIME");
  app.add_flag("--tree", parsed.is_tree, "Watch all its descendants too.");
  app.add_option(
         "--fail-on", texts.fail_on,
         "End with exit code 3 where any of these is found: leak, fd, threads, cpu, throttled, io, any,\n"
         "or a limit such as rss>500MB, cpu.avg>80%, fds.growth>100. Several between commas.")
      ->type_name("WHAT");
  app.add_flag(
      "--fail-on-undecided", parsed.fails_on_undecided,
      "End with exit code 4 where one of these cannot be told: watched too short a time, or not known\n"
      "here. A COMMAND's own exit code goes before it.");
  app.add_flag("--json", parsed.is_json, "Print only the report to standard output, as JSON.");
  app.add_option("--output", parsed.output_file, "A file for the COMMAND's output; default: standard error.")
      ->type_name("FILE");
  app.add_flag("--plain", parsed.is_plain, "Print a line a second, also on a terminal.");
  app.add_flag("--quiet", parsed.is_quiet, "Print only the report.");
  app.add_flag("--no-color", parsed.no_color, "No colours; environment NO_COLOR.");
}

bool is_pid(const std::string& word) { return !word.empty() && std::ranges::all_of(word, base::is_digit); }

/// Number of leading arguments that are options: up to the first other word, or `--`.
std::size_t count_options(const Arguments& arguments, CLI::App& app) {
  std::size_t i = 0;
  for (; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--" || !word.starts_with('-') || word.size() < 2) break;
    const CLI::Option* const option = app.get_option_no_throw(word);
    if (option != nullptr && option->get_items_expected_max() > 0) ++i;  // skip its value
  }
  return std::min(i, arguments.size());
}

/// Options may stand before and after a pid; those after a command belong to the command. Removes the
/// options, and returns the rest.
Arguments take_options(Arguments& arguments, CLI::App& app) {
  const auto before = static_cast<std::ptrdiff_t>(count_options(arguments, app));
  Arguments rest(arguments.begin() + before, arguments.end());
  arguments.resize(static_cast<std::size_t>(before));
  if (rest.empty() || !is_pid(rest.front())) return rest;
  const Arguments behind(rest.begin() + 1, rest.end());
  const auto options = static_cast<std::ptrdiff_t>(count_options(behind, app));
  arguments.insert(arguments.end(), behind.begin(), behind.begin() + options);
  rest.erase(rest.begin() + 1, rest.begin() + 1 + options);
  return rest;
}

/// The words beside the options: a number is a pid, unless `--` precedes it.
bool take_target(Arguments rest, MonitorArguments& parsed) {
  const bool is_command = !rest.empty() && rest.front() == "--";
  if (is_command) rest.erase(rest.begin());
  if (rest.empty() || rest.front().empty()) {
    complain(
        "monitor: no process is named; expected a pid, as in `kymo monitor 1234`, or a command, as in `kymo "
        "monitor -- "
        "./server`");
    return false;
  }
  const std::string& first = rest.front();
  if (is_command || !is_pid(first)) {
    parsed.command = std::move(rest);
    return true;
  }
  const auto [end, error] = std::from_chars(first.data(), first.data() + first.size(), parsed.pid);
  if (error != std::errc() || parsed.pid == 0 || parsed.pid > kMostPid) {
    complain("monitor: \"" + first.substr(0, 64) + "\" is no pid; `ps -e` lists those there are");
    return false;
  }
  if (rest.size() > 1) {
    complain("monitor: \"" + rest[1].substr(0, 64) +
             "\" stands behind a pid, where only options may; a command that is a number goes behind --");
    return false;
  }
  return true;
}

bool take_monitor_texts(const MonitorTexts& texts, MonitorArguments& parsed) {
  const auto [end, error] =
      std::from_chars(texts.rate.data(), texts.rate.data() + texts.rate.size(), parsed.rate_hz);
  if (error != std::errc() || end != texts.rate.data() + texts.rate.size() || !(parsed.rate_hz >= 1) ||
      parsed.rate_hz > 10) {
    complain("monitor: --rate: \"" + texts.rate.substr(0, 64) +
             "\" is no rate; expected 1 to 10 readings a second");
    return false;
  }
  if (!texts.duration.empty()) {
    const auto duration = read_time(texts.duration, std::chrono::milliseconds(100), std::chrono::hours(720));
    if (!duration) {
      complain("monitor: --duration: \"" + texts.duration.substr(0, 64) +
               "\" is no time; expected 100ms to 720h, such as 30s, 5m or 1h");
      return false;
    }
    parsed.duration_seconds = std::chrono::duration<double>(*duration).count();
  }
  try {
    for (const std::string& text : texts.fail_on) parsed.fail_on.add(text);
  } catch (const std::invalid_argument& wrong) {
    complain(std::string("monitor: --fail-on: ") + wrong.what());
    return false;
  }
  if (parsed.fails_on_undecided && parsed.fail_on.empty()) {
    complain(
        "monitor: --fail-on-undecided: nothing is to be decided; expected --fail-on beside it, such as "
        "--fail-on leak");
    return false;
  }
  if (parsed.pid != 0 && !parsed.output_file.empty()) {
    complain("monitor: --output is for what a command writes; a process that runs already has its own");
    return false;
  }
  return true;
}

}  // namespace

std::optional<MonitorArguments> parse_monitor_arguments(const Arguments& arguments, int& exit_code) {
  MonitorArguments parsed;
  MonitorTexts texts;
  CLI::App app(
      "Watches a process from outside (CPU, memory, threads, open files, input and output, switches, "
      "throttling),\n"
      "shows it live on a terminal, and then reports: averages, growth, and the issues found with the "
      "evidence.\n"
      "Exit code: the COMMAND's own; 0 for a PID; 3 where --fail-on finds something, 4 where it cannot tell "
      "and\n"
      "--fail-on-undecided is given; 1 or 2 for a mistake.",
      "kymo monitor");
  add_monitor_options(app, parsed, texts);
  Arguments options = arguments;
  const Arguments target = take_options(options, app);
  if (read_command_line(app, options, exit_code,
                        "[OPTIONS] PID [OPTIONS]\n       kymo monitor [OPTIONS] [--] COMMAND [ARGS…]") &&
      take_target(target, parsed) && take_monitor_texts(texts, parsed)) {
    return parsed;
  }
  return std::nullopt;
}

}  // namespace kymo::KYMO_ABI::cli
