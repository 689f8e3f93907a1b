#include "serve_arguments.h"

#include <CLI/CLI.hpp>

#include <kymo/monitor/config.h>

#include "command_line.h"

namespace kymo::KYMO_ABI::cli {
namespace {

std::string option_help(const monitor::SettingInfo& setting) {
  std::string help(setting.help);
  if (!setting.expects.empty()) help += "\nExpects " + setting.expects;
  help += "; default " + (setting.default_value.empty() ? "none" : setting.default_value);
  help += "; environment " + setting.environment;
  return help + (setting.is_reloadable ? "; a reload takes a change." : ".");
}

constexpr const char* kResponder = "127.0.0.1:9465";

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

void add_options(CLI::App& app, ServeArguments& parsed) {
  app.add_option("--config", parsed.config_file, "A YAML file with settings; environment KYMO_CONFIG.")
      ->type_name("FILE");
  app.add_option_function<std::string>(
         "--probe-responder",
         [&parsed](const std::string& text) { parsed.flags.emplace_back("probe.responder", text); },
         "Answer other hosts' probes; default 127.0.0.1:9465. Same as --probe.responder.")
      ->type_name("ADDRESS:PORT")
      ->expected(0, 1)
      ->default_str(kResponder);
  app.add_option("--probe", parsed.probes,
                 "Probe a target and show it as a peer; may be repeated. Same as --probe.targets.")
      ->type_name("NAME=TARGET")
      ->allow_extra_args(false);
  app.add_option_function<std::string>(
         "--targets",
         [&parsed](const std::string& text) { parsed.flags.emplace_back("probe.targets_file", text); },
         "Probe the targets in a file, NAME=TARGET or TARGET a line. Same as --probe.targets-file.")
      ->type_name("FILE");
  app.add_flag("--print-config", parsed.print_config, "Print all settings with their sources, and end.");
  for (const monitor::SettingInfo& setting : monitor::Config::settings()) {
    const auto keep = [&parsed, name = std::string(setting.name)](const std::string& text) {
      parsed.flags.emplace_back(name, text);
    };
    CLI::Option* option = app.add_option_function<std::string>(setting.flag, keep, option_help(setting))
                              ->type_name("")
                              ->group("Settings");
    if (setting.is_switch) option->expected(0, 1)->default_str("true");
  }
}

}  // namespace

std::optional<ServeArguments> parse_serve_arguments(const Arguments& arguments, int& exit_code) {
  ServeArguments parsed;
  CLI::App app("Measures this host and serves the figures over HTTP, until SIGINT or SIGTERM.", "kymo serve");
  add_options(app, parsed);
  if (!read_command_line(app, arguments, exit_code)) return std::nullopt;
  if (!parsed.probes.empty()) parsed.flags.emplace_back("probe.targets", joined(parsed.probes));
  return parsed;
}

}  // namespace kymo::KYMO_ABI::cli
