#include <poll.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <climits>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/probe/prober.h>
#include <kymo/probe/target_list.h>

#include "command.h"
#include "command_line.h"
#include "ending_signals.h"
#include "probe_output.h"

namespace kymo::KYMO_ABI::cli {
namespace {

/// The arguments of `kymo probe`.
struct ProbeArguments {
  std::vector<probe::NamedTarget> targets;
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds timeout{1000};
  std::uint64_t count = 0;  ///< for each target; 0: until a signal
  std::size_t bytes = 64;
  bool json = false;
};

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

/// Reads the command line. Nothing if all is done (help or an error was printed); see `exit_code`.
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

using namespace std::chrono_literals;
using probe::PathRecorder;
using probe::ProbeOutcome;
using probe::ProbeResult;

/// At shorter intervals, print a line a second instead of each probe.
constexpr auto kLineEach = 100ms;
constexpr auto kLookEach = 20ms;
/// Limit of lines that wait for a slow reader; further lines are dropped, the figures are not.
constexpr std::size_t kMostLines = 100'000;

double milliseconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

bool is_request(probe::ProbeKind kind) noexcept {
  return kind == probe::ProbeKind::http || kind == probe::ProbeKind::https || kind == probe::ProbeKind::tls;
}

/// The results of each target. The prober's thread writes, the program's thread prints.
class ProbeBook final {
 public:
  explicit ProbeBook(const ProbeArguments& arguments) : arguments_(arguments) {
    for (const probe::NamedTarget& one : arguments.targets) {
      Entry& entry = entries_.emplace_back();
      entry.target = {one.name, one.target.to_string()};
      entry.is_request = is_request(one.target.kind);
    }
  }

  void take(const ProbeResult& result) {
    std::size_t index = 0;
    std::from_chars(result.id.data(), result.id.data() + result.id.size(), index);
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[index];
    entry.all.add(result);
    entry.second.add(result);
    if (result.outcome == ProbeOutcome::answered) ++entry.answered;
    if (result.outcome != ProbeOutcome::late && result.outcome != ProbeOutcome::duplicate) ++entry.over;
    if ((arguments_.json || arguments_.interval >= kLineEach) && lines_.size() < kMostLines)
      lines_.push_back(line_of(entry, result));
  }

  /// True once all requested probes have ended.
  [[nodiscard]] bool is_complete() {
    const std::lock_guard lock(mutex_);
    return arguments_.count != 0 && std::all_of(entries_.begin(), entries_.end(), [this](const Entry& entry) {
             return entry.over >= arguments_.count;
           });
  }

  [[nodiscard]] bool has_all_answered() {
    const std::lock_guard lock(mutex_);
    return std::all_of(entries_.begin(), entries_.end(),
                       [](const Entry& entry) { return entry.answered != 0; });
  }

  [[nodiscard]] std::string lines_text() {
    std::deque<ProbeLine> lines;
    {
      const std::lock_guard lock(mutex_);
      lines.swap(lines_);
    }
    std::string text;
    for (const ProbeLine& line : lines)
      text += arguments_.json ? probe_json(line) : probe_text(line, arguments_.timeout);
    return text;
  }

  [[nodiscard]] std::string second_lines(std::uint64_t number) {
    std::string text;
    if (arguments_.json || arguments_.interval >= kLineEach) return text;
    const std::lock_guard lock(mutex_);
    for (Entry& entry : entries_)
      text += second_text(entry.target, number, std::exchange(entry.second, PathRecorder()).report());
    return text;
  }

  [[nodiscard]] std::string summaries() {
    std::string text;
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      auto report = entry.all.report();
      if (entry.is_request) {
        // The quality limits apply to round trips only.
        report.quality_score.reset();
        report.quality_reason.clear();
      }
      text += arguments_.json ? summary_json(entry.target, report) : summary_text(entry.target, report);
    }
    return text;
  }

 private:
  struct Entry {
    ProbeLabel target;
    bool is_request = false;
    PathRecorder all;
    PathRecorder second;
    std::uint64_t answered = 0;
    std::uint64_t over = 0;
    std::optional<probe::OneWayTimes> first;  // the responder's first
  };

  static ProbeLine line_of(Entry& entry, const ProbeResult& result) {
    ProbeLine line{.target = entry.target,
                   .sent = result.sent,
                   .sequence = result.sequence,
                   .outcome = result.outcome,
                   .round_trip_ms = milliseconds_of(result.round_trip),
                   .reordered = result.reordered,
                   .out_change_ms = {},
                   .back_change_ms = {},
                   .reason = std::string(result.reason),
                   .details = {}};
    if (result.details != nullptr) line.details = *result.details;
    if (!result.ways) return line;
    if (!entry.first || entry.first->responder != result.ways->responder) entry.first = result.ways;
    line.out_change_ms = milliseconds_of(result.ways->out - entry.first->out);
    line.back_change_ms = milliseconds_of(result.ways->back - entry.first->back);
    return line;
  }

  const ProbeArguments& arguments_;
  std::mutex mutex_;
  std::vector<Entry> entries_;
  std::deque<ProbeLine> lines_;
};

/// The rate that the targets need; the limit guards against mistakes on the command line.
double rate_for(const ProbeArguments& arguments) {
  const double each = 1000.0 / static_cast<double>(arguments.interval.count());
  return 10 + 1.5 * each * static_cast<double>(arguments.targets.size());
}

/// Standard output whose reader may not read: a signal ends the wait.
class PatientOutput final {
 public:
  explicit PatientOutput(const EndingSignals& signals) : signals_(signals) {}

  /// False if a signal came, or the reader is gone; drops the rest of the text then.
  [[nodiscard]] bool write(std::string_view text) {
    while (!text.empty()) {
      pollfd out{STDOUT_FILENO, POLLOUT, 0};
      if (::poll(&out, 1, 0) == 0) {
        if (signals_.wait_for(kLookEach)) return false;
        continue;
      }
      // A writable pipe takes this many bytes at once.
      const ssize_t written =
          ::write(STDOUT_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
      if (written >= 0) {
        text.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EINTR && errno != EAGAIN) {
        return false;
      }
    }
    return true;
  }

 private:
  const EndingSignals& signals_;
};

int run(const ProbeArguments& arguments) {
  const EndingSignals signals;
  ProbeBook book(arguments);
  probe::Prober prober({.on_result = [&book](const ProbeResult& result) { book.take(result); },
                        .probes_per_second = rate_for(arguments)});
  for (std::size_t i = 0; i < arguments.targets.size(); ++i) {
    prober.add(std::to_string(i), arguments.targets[i].target,
               {.interval = arguments.interval,
                .timeout = arguments.timeout,
                .bytes = arguments.bytes,
                .count = arguments.count});
  }
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t seconds = 0;
  PatientOutput out(signals);
  bool is_written = true;
  while (is_written && !book.is_complete() && !signals.wait_for(kLookEach)) {
    std::string text = book.lines_text();
    if (std::chrono::steady_clock::now() - begin >= std::chrono::seconds(seconds + 1))
      text += book.second_lines(++seconds);
    is_written = out.write(text);
  }
  prober.stop();
  is_written = is_written && out.write(book.lines_text()) && out.write(book.summaries());
  return is_written && book.has_all_answered() ? kSuccess : kFailure;
}

}  // namespace

int probe_targets(const Arguments& arguments) {
  int exit_code = kSuccess;
  const auto parsed = parse_probe_arguments(arguments, exit_code);
  if (!parsed) return exit_code;
  try {
    return run(*parsed);
  } catch (const std::runtime_error& error) {
    complain(std::string("probe: ") + error.what());
    return kFailure;
  }
}

}  // namespace kymo::KYMO_ABI::cli
