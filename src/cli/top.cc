#include <langinfo.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <clocale>
#include <iostream>
#include <optional>
#include <string>
#include <thread>

#include <kymo/base/duration.h>
#include <kymo/net/http_client.h>
#include <kymo/terminal/curses_terminal.h>
#include <kymo/terminal/feeds.h>
#include <kymo/terminal/reports.h>
#include <kymo/terminal/top_loop.h>

#include "command.h"
#include "command_line.h"
#include "server_access.h"

namespace kymo::KYMO_ABI::cli {
namespace {

/// The arguments of `kymo top`.
struct TopArguments {
  ServerAccess access;  ///< without a URL: the default one if a server answers there, otherwise this host
  std::string sort = "name";
  std::string filter;
  std::chrono::milliseconds interval{1000};
  /// Observation time of `--once`.
  std::chrono::milliseconds look{5000};
  bool once = false;
  bool is_json = false;  ///< with `once`
  bool no_color = false;
};

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

/// Reads the command line. Nothing if all is done (help or an error was printed); see `exit_code`.
std::optional<TopArguments> parse_top_arguments(const Arguments& arguments, int& exit_code) {
  TopArguments parsed;
  std::string interval = "1s";
  std::string look;
  CLI::App app(
      "Shows a server's state on this terminal: a verdict, its vital signs, every series, sessions.\n"
      "Keys: Tab other views, / filter, s sort, r reverse, space pause, ? help, q quit.",
      "kymo top");
  parsed.access.add_options(
      app,
      "The server, such as http://127.0.0.1:9464. Default: where KYMO_LISTEN says, or that one, if\n"
      "a server answers there; else this host itself, measured here.");
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

using terminal::Link;
using terminal::SharedPicture;

/// Time that `--once` waits for frames beyond its observation time.
constexpr auto kOncePatience = std::chrono::seconds(10);
/// Frames may be this much early.
constexpr double kEarlySeconds = 0.3;

/// Checks that kymo answers there, by its list of addresses. Errors: ClientError.
void check_server(const net::ClientUrl& url, const net::ClientOptions& options) {
  const net::HttpAnswer answer = net::HttpClient(url, options).get("/api");
  if (answer.status != 200) throw net::status_error(url, answer.status, !options.token.empty());
  if (answer.body.find("/ws/metrics") != std::string::npos) return;
  throw net::ClientError(net::ClientError::Kind::broken,
                         url.authority() + " answers, but is not kymo; is this the right address?");
}

/// Follows the requested server, or the default one if it answers, or this host.
std::unique_ptr<terminal::Feed> begin_feed(const TopArguments& arguments, SharedPicture& picture) {
  const net::ClientUrl url = arguments.access.server();
  const net::ClientOptions options = arguments.access.options();
  try {
    check_server(url, options);
  } catch (const net::ClientError& error) {
    // A server that refuses exists all the same.
    const bool is_nobody =
        error.kind() == net::ClientError::Kind::unreachable || error.kind() == net::ClientError::Kind::broken;
    if (!arguments.access.url.empty() || !is_nobody) throw;
    picture.with([&](SharedPicture::Picture& one) {
      one.link.note = "No kymo at " + url.authority() + ": these figures are of this host, measured here";
    });
    return terminal::measure_here(arguments.interval, picture);
  }
  const auto rate_hz = std::chrono::seconds(1) / arguments.interval;
  return terminal::follow_server(url, options, static_cast<int>(rate_hz), picture);
}

bool is_seen_for(const terminal::World& world, std::chrono::milliseconds look) {
  const double wanted = std::chrono::duration<double>(look).count() - kEarlySeconds;
  return world.times.size() > 1 && world.times.back() - world.times.front() >= wanted;
}

int print_once(SharedPicture& picture, const TopArguments& arguments, const terminal::ViewState& state,
               terminal::Alphabet alphabet) {
  const auto deadline = std::chrono::steady_clock::now() + arguments.look + kOncePatience;
  picture.requests().show(terminal::Page::peers);
  for (;;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const bool is_late = std::chrono::steady_clock::now() > deadline;
    std::string lost;
    const std::string text = picture.with([&](const SharedPicture::Picture& now) -> std::string {
      const terminal::World& world = now.store.world();
      if (now.link.state == Link::State::lost) lost = now.link.reason;
      const bool is_complete = is_seen_for(world, arguments.look) &&
                               (now.link.state == Link::State::local || now.answers.peers.is_there);
      if (!lost.empty() || !(is_complete || (is_late && !world.times.empty()))) return {};
      const terminal::Scene scene{world, now.sessions ? &*now.sessions : nullptr, now.link, world.last_time(),
                                  &now.answers};
      return arguments.is_json ? terminal::json_report(scene, state)
                               : terminal::plain_report(scene, state, alphabet);
    });
    if (!text.empty()) {
      std::cout << text << std::flush;
      return std::cout ? kSuccess : kFailure;
    }
    if (lost.empty() && is_late)
      lost = "the server sent no metrics within " + base::duration_text(arguments.look + kOncePatience);
    if (lost.empty()) continue;
    complain("top: " + lost);
    return kFailure;
  }
}

terminal::ViewState view_of(const TopArguments& arguments) {
  terminal::ViewState state;
  state.filter = arguments.filter;
  if (arguments.sort == "rate") state.series_sort = terminal::SeriesSort::rate;
  if (arguments.sort == "value") state.series_sort = terminal::SeriesSort::value;
  if (!arguments.filter.empty() || arguments.sort != "name") state.page = terminal::Page::series;
  return state;
}

}  // namespace

int top(const Arguments& arguments) {
  int exit_code = kSuccess;
  const auto parsed = parse_top_arguments(arguments, exit_code);
  if (!parsed) return exit_code;
  if (!parsed->once && (::isatty(STDOUT_FILENO) == 0 || ::isatty(STDIN_FILENO) == 0)) {
    complain("top: the output is no terminal; for plain text use `kymo top --once`");
    return kBadUsage;
  }
  if (const std::string why = parsed->once ? "" : terminal::why_no_screen(); !why.empty()) {
    complain("top: " + why + "; try TERM=xterm, or --once for plain text");
    return kFailure;
  }
  // Numbers keep their decimal point: only characters follow the user's locale.
  std::setlocale(LC_CTYPE, "");
  const bool is_utf8 = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  const auto alphabet = is_utf8 ? terminal::Alphabet::unicode : terminal::Alphabet::ascii;
  try {
    SharedPicture picture;
    if (parsed->once) {
      const auto feed = begin_feed(*parsed, picture);
      return print_once(picture, *parsed, view_of(*parsed), alphabet);
    }
    const terminal::TerminalSignals signals;
    const auto feed = begin_feed(*parsed, picture);
    const bool colors = !parsed->no_color && environment("NO_COLOR").empty();
    terminal::run_top(picture, signals, view_of(*parsed), parsed->interval, alphabet, colors);
    return kSuccess;
  } catch (const net::ClientError& error) {
    complain(std::string("top: ") + error.what());
    return error.kind() == net::ClientError::Kind::bad_address ? kBadUsage : kFailure;
  }
}

}  // namespace kymo::KYMO_ABI::cli
