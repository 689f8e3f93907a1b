#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <exception>
#include <iostream>

#include <kymo/core/names.h>
#include <kymo/log/format.h>

#include "command.h"

namespace kymo::KYMO_ABI::cli {
namespace {

constexpr std::array kCommands = {
    Command{"serve", "measure this host and serve the figures over HTTP", serve},
    Command{"top", "show the state of a server, or of this host, on this terminal", top},
    Command{"query", "evaluate a PromQL query, as a table, a plot or JSON", query_metrics},
    Command{"monitor", "watch a process, and report its figures and issues", monitor_process},
    Command{"probe", "measure the paths to other hosts: round trips, losses, jitter", probe_targets},
    Command{"bench", "measure kymo's cost on this machine, and compare with an earlier run", measure_costs},
    Command{"history", "read a directory of history: its extent, its damage, its samples", handle_history},
    Command{"check", "check rule files, and name each problem with its place", check_files},
    Command{"test", "run tests of PromQL and of rule files", test_scripts},
    Command{"version", "print the version", print_version},
};

void print_help(std::ostream& out) {
  out << "kymo shows the vital signs of a machine and of the real-time programs on it.\n\n"
         "Usage: kymo COMMAND [OPTIONS]\n\nCommands:\n";
  for (const Command& command : kCommands) {
    out << "  " << command.name << std::string(10 - command.name.size(), ' ') << command.summary << '\n';
  }
  out << "\n`kymo COMMAND --help` lists a command's options.\n";
}

int refuse(const std::string& name) {
  std::vector<std::string> known;
  for (const Command& command : kCommands) known.emplace_back(command.name);
  const std::string meant = name.size() <= 64 ? nearest_name(name, known) : std::string();
  complain("\"" + name.substr(0, 64) + "\" is no command; " +
           (meant.empty() ? "`kymo --help` lists them" : "did you mean \"" + meant + "\"?"));
  return kBadUsage;
}

int run(Arguments arguments) {
  if (arguments.size() > 1 && arguments.front() == "help") arguments = {arguments[1], "--help"};
  if (arguments.empty()) {
    print_help(std::cerr);
    return kBadUsage;
  }
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    print_help(std::cout);
    return kSuccess;
  }
  if (name == "--version" || name == "-V") return print_version({});
  const auto* command =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) { return c.name == name; });
  if (command == kCommands.end()) return refuse(name);
  return command->run(Arguments(arguments.begin() + 1, arguments.end()));
}

}  // namespace

void complain(std::string_view message) { std::cerr << "kymo: " << log::one_line(message) << '\n'; }

}  // namespace kymo::KYMO_ABI::cli

namespace {

/// glibc gives threads heaps of 64 MiB of addresses each. Under a limit on addresses these leave no room for
/// a Snapshot.
void use_few_heaps_under_a_limit() {
#ifdef __GLIBC__
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  use_few_heaps_under_a_limit();
  try {
    return kymo::cli::run(kymo::cli::Arguments(argv + std::min(argc, 1), argv + argc));
  } catch (const std::exception& error) {
    kymo::cli::complain(error.what());
    return kymo::cli::kFailure;
  }
}
