#include "probe_arguments.h"

#include <CLI/CLI.hpp>

#include <exception>
#include <utility>

#include "command_line.h"
#include "time_text.h"

namespace kymo::KYMO_ABI::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostTargets = 256;

bool take_time(const char* option, const std::string& text, std::chrono::milliseconds most,
               std::chrono::milliseconds& into) {
  const auto time = read_time(text, 2ms, most);
  if (time) {
    into = *time;
    return true;
  }
  complain("probe: " + std::string(option) + ": \"" + text.substr(0, 64) + "\" is no time; expected 2ms to " +
           std::to_string(most.count() / 1000) + "s, such as 500ms");
  return false;
}

/// Targets of the command line, and of a file if given.
bool take_targets(const std::vector<std::string>& texts, const std::string& file,
                  std::vector<probe::NamedTarget>& into) try {
  for (const std::string& text : texts) {
    probe::Target target = probe::Target::parse(text);
    std::string name = target.to_string();
    into.push_back({std::move(name), std::move(target)});
  }
  if (!file.empty()) {
    const auto listed = probe::read_target_list(file);
    into.insert(into.end(), listed.begin(), listed.end());
  }
  if (into.empty()) {
    complain(file.empty() ? "probe: a target is missing, such as udp://192.0.2.7:9465 or icmp://192.0.2.7"
                          : "probe: " + file + " has no targets; expected one a line");
    return false;
  }
  if (into.size() > kMostTargets) {
    complain("probe: more than " + std::to_string(kMostTargets) + " targets");
    return false;
  }
  return true;
} catch (const std::exception& error) {
  complain("probe: " + std::string(error.what()));
  return false;
}

}  // namespace

std::optional<ProbeArguments> parse_probe_arguments(const Arguments& arguments, int& exit_code) {
  ProbeArguments parsed;
  std::vector<std::string> targets;
  std::string file;
  std::string interval = "1s";
  std::string timeout = "1s";
  CLI::App app(
      "Measures the paths to other hosts: round trips, losses, duplicates, order and jitter.\n"
      "A TARGET is udp://HOST[:9465], which `kymo serve --probe-responder` answers; tcp://HOST:PORT;\n"
      "icmp://HOST; ws://HOST[:PORT][/PATH]; http:// and https:// the same; tls://HOST[:443]; or\n"
      "dns://SERVER[:53]/NAME[?type=TYPE]. Ends with 0 where each target answered at least once, else 1.",
      "kymo probe");
  app.add_option("targets", targets)->group("");  // the usage and the description name them
  app.add_option("--targets", file, "A file of targets: NAME=TARGET or TARGET a line, # before a comment.")
      ->type_name("FILE");
  app.add_option("--count", parsed.count, "Number of probes of each target; default: until Ctrl-C.")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 53U).description(""));
  app.add_option("--interval", interval, "Time between probes, varied by a tenth, 2ms to 3600s; default 1s.")
      ->type_name("TIME");
  app.add_option("--timeout", timeout,
                 "Timeout of a probe; a later answer counts as lost. 2ms to 60s; default 1s.")
      ->type_name("TIME");
  app.add_option("--size", parsed.bytes,
                 "Bytes of a UDP datagram or of an ICMP echo's content, 56 to 1472; default 64.")
      ->type_name("BYTES")
      ->check(CLI::Range(std::size_t{56}, std::size_t{1472}).description(""));
  app.add_flag("--json", parsed.json,
               "One JSON object a line: each probe, and at the end each target's summary.");
  if (read_command_line(app, arguments, exit_code, "[OPTIONS] TARGET…") &&
      take_targets(targets, file, parsed.targets) && take_time("--interval", interval, 1h, parsed.interval) &&
      take_time("--timeout", timeout, 1min, parsed.timeout))
    return parsed;
  return std::nullopt;
}

}  // namespace kymo::KYMO_ABI::cli
