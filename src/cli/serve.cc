#include <signal.h>

#include <iostream>
#include <string>

#include <kymo/log/format.h>
#include <kymo/log/logger.h>
#include <kymo/monitor/config.h>
#include <kymo/monitor/monitor.h>

#include "command.h"
#include "ending_signals.h"
#include "serve_arguments.h"
#include "service_manager.h"

namespace kymo::cli {
namespace {

/// An address that a browser can open: that of all interfaces is none.
std::string url(net::Endpoint endpoint) {
  if (endpoint.address == "0.0.0.0") endpoint.address = "127.0.0.1";
  if (endpoint.address == "::") endpoint.address = "::1";
  return "http://" + endpoint.to_string();
}

void print_welcome(const Monitor& monitor) {
  const std::string base = url(monitor.endpoint());
  std::cout << "kymo shows this host at " << base << "/ and tells Prometheus at " << base
            << "/metrics; Ctrl-C ends it" << std::endl;
}

/// Whether the Monitor serves; false: a signal came first.
bool wait_until_ready(const Monitor& monitor, const EndingSignals& signals) {
  while (!monitor.ready()) {
    if (signals.wait_for(std::chrono::milliseconds(20))) return false;
  }
  return true;
}

int run(const monitor::Config& config) {
  const EndingSignals signals;
  ::signal(SIGPIPE, SIG_IGN);  // a reader of standard output that goes away is no reason to stop serving
  const MonitorOptions options = config.options();
  const log::Logger logger(options.log_sink, options.log_level);
  for (const std::string& warning : config.warnings()) logger.warning(warning);
  Monitor monitor(options);
  if (wait_until_ready(monitor, signals)) {
    print_welcome(monitor);
    notify_service_manager("READY=1");
    signals.wait();
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
  const auto config = monitor::Config::load({.flags = parsed->flags,
                                             .environment = monitor::ConfigSources::process_environment(),
                                             .file = parsed->config_file});
  for (const std::string& error : config.errors()) complain(error);
  if (!config.errors().empty()) return kBadUsage;
  if (parsed->print_config) {
    std::cout << config.to_yaml();
    return kSuccess;
  }
  return run(config);
}

}  // namespace kymo::cli
