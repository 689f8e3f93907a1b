#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

#include <kymo/log/format.h>
#include <kymo/terminal/curses_terminal.h>
#include <kymo/terminal/watch_screen.h>

#include "captured_output.h"
#include "command.h"
#include "monitor_arguments.h"
#include "monitor_loop.h"

namespace kymo::KYMO_ABI::cli {
namespace {

/// An open file, or none.
class Descriptor final {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

/// Prints a line a second, or nothing.
class LineView final : public MonitorView {
 public:
  explicit LineView(bool is_silent) : is_silent_(is_silent) {}

  void show(const watch::Sample& sample) override {
    if (is_silent_ || sample.seconds <= 0) return;
    if (shown_at_ && sample.at - *shown_at_ < 0.95) return;
    if (!shown_at_) std::cout << watch::progress_head();
    shown_at_ = sample.at;
    std::cout << watch::progress_line(sample) << std::flush;
  }
  void redraw(std::string_view) override {}
  [[nodiscard]] int keys() const noexcept override { return -1; }
  [[nodiscard]] int output() const noexcept override { return -1; }
  bool take_input() override { return false; }
  void resize() override {}
  void leave() override {}
  void enter() override {}

 private:
  bool is_silent_;
  std::optional<double> shown_at_;
};

/// The screen of a terminal.
class ScreenView final : public MonitorView {
 public:
  ScreenView(const watch::Watch& watch, const watch::Sampler& sampler, CapturedOutput* output, bool colors,
             terminal::Alphabet alphabet)
      : watch_(watch),
        sampler_(sampler),
        output_(output),
        alphabet_(alphabet),
        terminal_(colors, "--plain") {}

  void show(const watch::Sample&) override { redraw(state_); }
  void redraw(std::string_view state) override {
    state_ = state;
    const auto findings = watch::find_issues(watch_.recording, sampler_.surroundings());
    terminal_.show(terminal::draw_watch({.what = watch_.what,
                                         .pid = std::to_string(watch_.pid),
                                         .rate_hz = watch_.rate_hz,
                                         .recording = watch_.recording,
                                         .surroundings = sampler_.surroundings(),
                                         .findings = findings,
                                         .last_output = output_ == nullptr ? "" : output_->last_line(),
                                         .state = state_},
                                        terminal_.size(), alphabet_));
  }
  [[nodiscard]] int keys() const noexcept override { return STDIN_FILENO; }
  [[nodiscard]] int output() const noexcept override {
    return output_ == nullptr ? -1 : output_->reading_end();
  }
  bool take_input() override {
    if (output_ != nullptr) output_->drain();
    bool wants_end = false;
    while (const auto key = terminal_.read_key())
      wants_end = wants_end || (key->key == terminal::Key::character && key->character == U'q');
    return wants_end;
  }
  void resize() override { terminal_.resize(); }
  void leave() override { terminal_.leave(); }
  void enter() override {
    terminal_.enter();
    redraw(state_);
  }

 private:
  const watch::Watch& watch_;
  const watch::Sampler& sampler_;
  CapturedOutput* const output_;
  const terminal::Alphabet alphabet_;
  terminal::CursesTerminal terminal_;
  std::string state_;
};

/// The destination of a command's output, during its run and afterwards.
class CommandStreams final {
 public:
  CommandStreams(const MonitorArguments& arguments, bool is_screen)
      : nothing_(is_screen ? ::open("/dev/null", O_RDONLY | O_CLOEXEC) : -1), file_(open_file(arguments)) {
    if (is_screen && file_.number() < 0) held_ = std::make_unique<CapturedOutput>();
  }

  [[nodiscard]] WatchedCommand::Streams streams() const {
    // Standard output is for the report.
    const int out = held_ != nullptr      ? held_->writing_end()
                    : file_.number() >= 0 ? file_.number()
                                          : STDERR_FILENO;
    return {.in = nothing_.number(), .out = out, .error = out};
  }
  [[nodiscard]] CapturedOutput* held() const noexcept { return held_.get(); }

 private:
  static int open_file(const MonitorArguments& arguments) {
    if (arguments.output_file.empty()) return -1;
    const int file =
        ::open(arguments.output_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0)
      throw std::system_error(errno, std::generic_category(), arguments.output_file + ": cannot be written");
    return file;
  }

  Descriptor nothing_;
  Descriptor file_;
  std::unique_ptr<CapturedOutput> held_;
};

std::string command_text(const Arguments& command) {
  std::string text;
  for (const std::string& word : command) text.append(text.empty() ? "" : " ").append(word);
  constexpr std::size_t kLongest = 200;
  return text.size() > kLongest ? text.substr(0, kLongest) + "..." : text;
}

bool is_utf8_locale() {
  std::setlocale(LC_CTYPE, "");
  return std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
}

bool has_screen(const MonitorArguments& arguments) {
  return !arguments.is_json && !arguments.is_plain && !arguments.is_quiet && ::isatty(STDOUT_FILENO) != 0 &&
         ::isatty(STDIN_FILENO) != 0 && terminal::why_no_screen().empty();
}

bool takes_orphans(const MonitorArguments& arguments) { return arguments.is_tree && arguments.pid == 0; }

/// This process, as foster of its command's orphans. Call it before there is one.
watch::Foster foster_of(watch::ProcFiles& files, const MonitorArguments& arguments) {
  if (!takes_orphans(arguments)) return {};
  const auto self = static_cast<watch::Pid>(::getpid());
  return {self, watch::read_descendants(files, self)};
}

/// A command may end before the first look at it: then there is no sampler.
std::unique_ptr<watch::Sampler> make_sampler(watch::ProcFiles& files, const MonitorArguments& arguments,
                                             watch::Pid pid, watch::Foster foster) {
  try {
    return std::make_unique<watch::Sampler>(
        files, pid, arguments.is_tree ? watch::Sampler::Scope::tree : watch::Sampler::Scope::process,
        std::move(foster));
  } catch (const std::runtime_error&) {
    if (arguments.pid != 0) throw;
    return nullptr;
  }
}

/// Handles signals here too: a command without a sampler may run long.
MonitorResult wait_for_end(WatchedCommand& command, const terminal::TerminalSignals& signals) {
  constexpr int kLookEachMs = 20;
  bool was_asked = false;
  while (!command.end()) {
    pollfd waiting{signals.descriptor(), POLLIN, 0};
    ::poll(&waiting, 1, kLookEachMs);
    for (auto came = signals.next(); came.number != 0; came = signals.next()) {
      if (came.number != SIGINT && came.number != SIGTERM && came.number != SIGHUP) continue;
      const int signal = std::exchange(was_asked, true) ? SIGKILL : came.number;
      if (came.is_from_terminal && signal != SIGKILL)
        continue;  // the terminal has sent it to the command
                   // too
      if (!command.send(signal))
        return {{watch::End::How::interrupted, 0}, kFailure, WatchedCommand::kNotPermitted};
    }
  }
  const watch::End& end = *command.end();
  return {end, end.how == watch::End::How::signalled ? 128 + end.number : end.number, {}};
}

MonitorResult watch_process(const MonitorArguments& arguments, const terminal::TerminalSignals& signals,
                            watch::ProcFiles& files, watch::Watch& watch, WatchedCommand* command,
                            CapturedOutput* held, watch::Foster foster) {
  const auto sampler = make_sampler(files, arguments, watch.pid, std::move(foster));
  if (sampler == nullptr) return wait_for_end(*command, signals);
  // By number: glibc 2.36's header declares pidfd_open for C only. -1 before kernel 5.3.
  const Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<::pid_t>(watch.pid), 0)));
  std::unique_ptr<MonitorView> view;
  if (has_screen(arguments)) {
    const bool colors = !arguments.no_color && std::getenv("NO_COLOR") == nullptr;
    const auto alphabet = is_utf8_locale() ? terminal::Alphabet::unicode : terminal::Alphabet::ascii;
    view = std::make_unique<ScreenView>(watch, *sampler, held, colors, alphabet);
  } else {
    view = std::make_unique<LineView>(arguments.is_json || arguments.is_quiet);
  }
  const MonitorResult result =
      MonitorLoop(signals, *sampler, watch.recording, *view, command, process.number(),
                  {.rate_hz = arguments.rate_hz, .duration_seconds = arguments.duration_seconds})
          .run();
  watch.surroundings = sampler->surroundings();
  return result;
}

MonitorResult watch_command(const MonitorArguments& arguments, const terminal::TerminalSignals& signals,
                            watch::ProcFiles& files, watch::Watch& watch, bool ignored_sigpipe) {
  CommandStreams streams(arguments, has_screen(arguments));
  watch::Foster foster = foster_of(files, arguments);
  WatchedCommand command(arguments.command, streams.streams(),
                         {.takes_orphans = takes_orphans(arguments), .ignores_sigpipe = ignored_sigpipe});
  if (streams.held() != nullptr) streams.held()->close_writing_end();
  watch.pid = command.pid();
  watch.is_command = true;
  watch.what = log::one_line(command_text(arguments.command));
  const MonitorResult result =
      watch_process(arguments, signals, files, watch, &command, streams.held(), std::move(foster));
  if (command.end()) watch.usage = command.usage();
  if (streams.held() != nullptr) {
    streams.held()->drain();
    std::cerr << streams.held()->text() << std::flush;
  }
  return result;
}

}  // namespace

int monitor_process(const Arguments& arguments) {
  int exit_code = kSuccess;
  const auto parsed = parse_monitor_arguments(arguments, exit_code);
  if (!parsed) return exit_code;
  const terminal::TerminalSignals signals;
  // A closed pipe on standard output must not end the command.
  const bool ignored_sigpipe = ::signal(SIGPIPE, SIG_IGN) == SIG_IGN;
  watch::ProcFiles files;
  watch::Watch watch;
  watch.rate_hz = parsed->rate_hz;
  watch.is_tree = parsed->is_tree;
  MonitorResult result;
  try {
    if (parsed->pid == 0) {
      result = watch_command(*parsed, signals, files, watch, ignored_sigpipe);
    } else {
      watch.pid = parsed->pid;
      watch.what = log::one_line(watch::read_name(files, parsed->pid));
      result = watch_process(*parsed, signals, files, watch, nullptr, nullptr, {});
    }
  } catch (const std::runtime_error& error) {
    complain(std::string("monitor: ") + error.what());
    return kFailure;
  }
  if (!result.fault.empty()) complain("monitor: " + result.fault);
  watch.end = result.end;
  watch.findings = watch::find_issues(watch.recording, watch.surroundings);
  watch.outcome = parsed->fail_on.judge(watch.recording, watch.findings);
  std::cout << (parsed->is_json ? watch::json_report(watch) : "\n" + watch::text_report(watch)) << std::flush;
  if (!watch.outcome.met.empty()) return kFound;
  if (!std::cout) return kFailure;
  const bool is_undecided = parsed->fails_on_undecided && !watch.outcome.not_judged.empty();
  return is_undecided && result.exit_code == kSuccess ? kUndecided : result.exit_code;
}

}  // namespace kymo::KYMO_ABI::cli
