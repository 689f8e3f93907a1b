#include <signal.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/log/format.h>
#include <kymo/log/logger.h>
#include <kymo/monitor/config.h>
#include <kymo/monitor/monitor.h>
#include <kymo/monitor/options.h>

#include "command.h"
#include "command_line.h"
#include "ending_signals.h"
#include "serve_probes.h"
#include "service_manager.h"

namespace kymo::KYMO_ABI::cli {
namespace {

/// The arguments of `kymo serve`.
struct ServeArguments {
  MonitorOptions::Flags flags;
  std::vector<std::string> probes;  ///< of --probe; also in the flags
  std::string config_file;
  bool print_config = false;
  bool no_history = false;
};

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
  app.add_flag("--no-history", parsed.no_history,
               "Keep the past in memory only. Default: also in a directory of the user's state, by port.");
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

/// Reads the command line. Nothing if all is done (help or an error was printed); see
/// `exit_code`.
std::optional<ServeArguments> parse_serve_arguments(const Arguments& arguments, int& exit_code) {
  ServeArguments parsed;
  CLI::App app("Measures this host and serves the figures over HTTP, until SIGINT or SIGTERM.", "kymo serve");
  add_options(app, parsed);
  if (!read_command_line(app, arguments, exit_code)) return std::nullopt;
  if (!parsed.probes.empty()) parsed.flags.emplace_back("probe.targets", joined(parsed.probes));
  return parsed;
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The place of the past of a server at this address: a folder of the service manager's, or of the user's
/// state (XDG Base Directory), by port. So two servers run side by side. Empty for any free port: nobody
/// would find that past again.
std::string history_directory(const std::string& listen) {
  const std::string port = listen.substr(listen.rfind(':') + 1);
  if (port == "0") return {};
  std::string state = variable("STATE_DIRECTORY");
  if (!state.empty()) return state.substr(0, state.find(':')) + "/" + port;
  state = variable("XDG_STATE_HOME");
  if (!state.starts_with('/')) {
    const std::string home = variable("HOME");
    if (!home.starts_with('/')) return {};
    state = home + "/.local/state";
  }
  return state + "/kymo/" + port;
}

void print_welcome(const Monitor& monitor) {
  const std::string base = monitor.url();
  std::cout << "kymo shows this host at " << base << "/ and tells Prometheus at " << base
            << "/metrics; Ctrl-C ends it" << std::endl;
}

/// True once the Monitor serves; false if a signal came first.
bool wait_until_ready(const Monitor& monitor, const EndingSignals& signals) {
  while (!monitor.ready()) {
    if (signals.wait_for(std::chrono::milliseconds(20))) return false;
  }
  return true;
}

/// Returns on a signal. Meanwhile reports to a watching service manager, twice in its limit, that the Monitor
/// serves. The manager restarts a Monitor that does not.
void wait_for_end(const Monitor& monitor, const EndingSignals& signals) {
  const auto time = watchdog_time();
  if (!time) return signals.wait();
  while (!signals.wait_for(*time / 2)) {
    if (monitor.ready()) notify_service_manager("WATCHDOG=1");
  }
}

constexpr std::string_view kNeedsRestart = "a changed setting needs a restart; the old value stays";

/// SIGHUP: takes what the sources say now, or nothing where anything is wrong. Flags and environment are
/// those of the start; the files that they name may have changed.
void reload(Monitor& monitor, const monitor::Config& first, const monitor::ProbeSettings& probed,
            const monitor::ConfigSources& sources, const log::Logger& logger) try {
  const auto config = monitor::Config::load(sources);
  for (const std::string& warning : config.warnings()) logger.warning(warning);
  for (const std::string& error : config.errors()) {
    logger.error("configuration refused, the old one stays", {{"reason", error}});
  }
  if (!config.errors().empty()) return;
  const monitor::ProbeSettings probes = with_file_targets(config.probes());
  const std::vector<std::string> logged = monitor.reload(config.options());
  const auto is_kept = [&](const char* name) { return config.value(name) == first.value(name); };
  for (const std::string& name : config.settings_to_restart_for(first)) {
    const bool is_logged = std::find(logged.begin(), logged.end(), name) != logged.end();
    if (!is_logged) logger.warning(kNeedsRestart, {{"setting", name}});
  }
  if (is_kept("probe.targets") && is_kept("probe.targets_file") && probes.targets != probed.targets) {
    logger.warning(kNeedsRestart, {{"setting", "probe.targets_file"}});
  }
} catch (const std::exception& error) {
  logger.error("configuration refused, the old one stays", {{"reason", error.what()}});
}

int run(const monitor::Config& config, const monitor::ConfigSources& sources,
        const monitor::ProbeSettings& probed) {
  EndingSignals signals(HangUp::reloads);
  ::signal(SIGPIPE, SIG_IGN);  // a closed pipe on standard output must not end the server
  MonitorOptions options = config.options();
  const log::Logger logger(options.log.sink, options.log.level);
  for (const std::string& warning : config.warnings()) logger.warning(warning);
  ServeProbes probes(probed, logger);
  options.peers.table = probes.peers();
  Monitor monitor(options);
  probes.count_in(monitor.registry());
  bool is_ready = false;
  signals.on_reload([&] {
    if (is_ready) notify_service_manager(reloading_state());
    reload(monitor, config, probed, sources, logger);
    if (is_ready) notify_service_manager("READY=1");
  });
  if (wait_until_ready(monitor, signals)) {
    is_ready = true;
    print_welcome(monitor);
    notify_service_manager("READY=1");
    wait_for_end(monitor, signals);
  }
  notify_service_manager("STOPPING=1");
  monitor.stop();
  return kSuccess;
}

}  // namespace

int serve(const Arguments& arguments) {
  int exit_code = kSuccess;
  const auto parsed = parse_serve_arguments(arguments, exit_code);
  if (!parsed) return exit_code;
  monitor::ConfigSources sources{.flags = parsed->flags,
                                 .environment = monitor::ConfigSources::process_environment(),
                                 .file = parsed->config_file};
  const auto given = monitor::Config::load(sources);
  if (!parsed->no_history) {
    sources.defaults.emplace_back("history.directory", history_directory(given.value("listen")));
  } else if (!given.value("history.directory").empty()) {
    sources.flags.emplace_back("history.directory", "");
  }
  const auto config = monitor::Config::load(sources);
  for (const std::string& error : config.errors()) complain(error);
  if (!config.errors().empty()) return kBadUsage;
  if (parsed->print_config) {
    std::cout << config.to_yaml();
    return kSuccess;
  }
  try {
    return run(config, sources, with_file_targets(config.probes()));
  } catch (const TargetsFault& fault) {
    complain(fault.what());
    return kBadUsage;
  }
}

}  // namespace kymo::KYMO_ABI::cli
