#include "watched_command.h"

#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace kymo::KYMO_ABI::cli {
namespace {

std::string start_error(const std::string& name, int error) {
  std::string text = "cannot start \"" + name + "\": " + ::strerror(error);
  if (error == ENOENT) text += "; is it in PATH, or does it need a ./ before it?";
  if (error == EACCES) text += "; is it a program, and may you run it (chmod +x)?";
  return text;
}

/// The two attribute sets of posix_spawn.
class Instructions final {
 public:
  Instructions() {
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_init(&actions);
  }
  Instructions(const Instructions&) = delete;
  Instructions& operator=(const Instructions&) = delete;
  ~Instructions() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }

  /// Resets only the signals that this process changed. Signals that the caller ignored, as nohup does, stay
  /// ignored.
  void reset_signals(bool ignores_sigpipe) {
    sigset_t none;
    sigset_t changed;
    sigemptyset(&none);
    sigemptyset(&changed);
    if (!ignores_sigpipe) sigaddset(&changed, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &changed);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  void use(int descriptor, int as) {
    if (descriptor >= 0) ::posix_spawn_file_actions_adddup2(&actions, descriptor, as);
  }

  ::posix_spawnattr_t attributes{};
  ::posix_spawn_file_actions_t actions{};
};

double time_of(const ::timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

watch::Usage usage_of(const ::rusage& usage) {
  const auto count = [](long value) { return static_cast<std::uint64_t>(value > 0 ? value : 0); };
  return {.user_seconds = time_of(usage.ru_utime),
          .system_seconds = time_of(usage.ru_stime),
          .peak_resident_bytes = count(usage.ru_maxrss) * 1024,
          .voluntary_switches = count(usage.ru_nvcsw),
          .involuntary_switches = count(usage.ru_nivcsw),
          .minor_faults = count(usage.ru_minflt),
          .major_faults = count(usage.ru_majflt)};
}

}  // namespace

WatchedCommand::WatchedCommand(const Arguments& command, Streams streams, Options options) {
  if (options.takes_orphans) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  Instructions instructions;
  instructions.reset_signals(options.ignores_sigpipe);
  instructions.use(streams.in, STDIN_FILENO);
  instructions.use(streams.out, STDOUT_FILENO);
  instructions.use(streams.error, STDERR_FILENO);
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int error = ::posix_spawnp(&pid_, arguments[0], &instructions.actions, &instructions.attributes,
                                   arguments.data(), environ);
  if (error != 0) {
    pid_ = -1;
    throw std::runtime_error(start_error(command.front(), error));
  }
}

WatchedCommand::~WatchedCommand() {
  if (pid_ < 0 || end_) return;
  if (send(SIGKILL)) ::waitpid(pid_, nullptr, 0);
}

bool WatchedCommand::send(int signal) const noexcept {
  return pid_ <= 0 || end_ || ::kill(pid_, signal) == 0 || errno != EPERM;
}

void WatchedCommand::wait_for_orphans() const noexcept {
  ::siginfo_t child{};
  // Peek first: end() must collect the command's own exit.
  while (::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 && child.si_pid > 0 &&
         child.si_pid != pid_) {
    ::waitpid(child.si_pid, nullptr, 0);
    child = {};
  }
}

const std::optional<watch::End>& WatchedCommand::end() noexcept {
  if (end_) return end_;
  int status = 0;
  ::rusage usage{};
  if (::wait4(pid_, &status, WNOHANG, &usage) != pid_) return end_;
  usage_ = usage_of(usage);
  end_ = WIFSIGNALED(status) ? watch::End{watch::End::How::signalled, WTERMSIG(status)}
                             : watch::End{watch::End::How::exited, WEXITSTATUS(status)};
  return end_;
}

}  // namespace kymo::KYMO_ABI::cli
