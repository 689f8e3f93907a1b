#include "top_arguments.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

#include "command_line.h"
#include "time_text.h"

namespace kymo::KYMO_ABI::cli {
namespace {

constexpr std::array<std::string_view, 3> kSorts = {"name", "rate", "value"};

bool is_valid(TopArguments& parsed, const std::string& interval, const std::string& look) {
  if (!parsed.once && (parsed.is_json || !look.empty())) {
    complain(std::string("top: ") + (parsed.is_json ? "--json" : "--for") + " goes with --once only");
    return false;
  }
  if (!look.empty()) {
    const auto looked = read_time(look, std::chrono::seconds(1), std::chrono::minutes(5));
    if (!looked) {
      complain("top: --for: \"" + look.substr(0, 64) + "\" is no time; expected 1s to 300s, such as 5s");
      return false;
    }
    parsed.look = *looked;
  }
  const auto time = read_time(interval, std::chrono::milliseconds(100), std::chrono::hours(1));
  if (!time) {
    complain("top: --interval: \"" + interval.substr(0, 64) +
             "\" is no time; expected 100ms to 3600s, such as 1s");
    return false;
  }
  parsed.interval = *time;
  if (std::find(kSorts.begin(), kSorts.end(), parsed.sort) != kSorts.end()) return true;
  complain("top: --sort: \"" + parsed.sort.substr(0, 64) +
           "\" is no column of the series; expected name, rate or value");
  return false;
}

}  // namespace

std::optional<TopArguments> parse_top_arguments(const Arguments& arguments, int& exit_code) {
  TopArguments parsed;
  std::string interval = "1s";
  std::string look;
  CLI::App app(
      "Shows a server's state on this terminal: a verdict, its vital signs, every series, sessions.\n"
      "Keys: Tab other views, / filter, s sort, r reverse, space pause, ? help, q quit.",
      "kymo top");
  app.add_option(
         "--url", parsed.url,
         "The server, such as http://127.0.0.1:9464. Default: where KYMO_LISTEN says, or that one, if\n"
         "a server answers there; else this host itself, measured here.")
      ->type_name("URL");
  app.add_option("--token-file", parsed.token_file, "A file with the server's token.")->type_name("FILE");
  app.add_option("--ca-file", parsed.ca_file,
                 "The authorities that an https server's certificate is checked with, as PEM.\nDefault: the "
                 "system's.")
      ->type_name("FILE");
  app.add_flag("--once", parsed.once, "Print plain text for scripts, with fields between tabs, and end.");
  app.add_flag("--json", parsed.is_json, "With --once: one JSON object with raw numbers.");
  app.add_option(
         "--for", look,
         "How long --once looks before it tells, 1s to 300s; default 5s. Rates and percentiles\nare of "
         "that time, and so is what has failed.")
      ->type_name("TIME");
  app.add_option("--interval", interval, "Time between screen updates, 100ms to 3600s; default 1s.")
      ->type_name("TIME");
  app.add_option("--sort", parsed.sort, "Initial order of the series: name, rate or value; default name.")
      ->type_name("KEY");
  app.add_option("--filter", parsed.filter, "Show only series and sessions that contain these words.")
      ->type_name("TEXT");
  app.add_flag("--no-color", parsed.no_color, "No colours; environment NO_COLOR.");
  if (read_command_line(app, arguments, exit_code) && is_valid(parsed, interval, look)) return parsed;
  return std::nullopt;
}

}  // namespace kymo::KYMO_ABI::cli
