#include "tests/robustness/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <thread>

namespace kymo::robustness {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> whole_environment(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;  // first, so that they hide this process' own
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

/// Reads until the other side closes or the time is over.
std::string read_all(int file, Clock::time_point deadline) {
  std::string text;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd ready{.fd = file, .events = POLLIN, .revents = 0};
    if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) return text;
    char buffer[4096];
    const ssize_t count = read(file, buffer, sizeof(buffer));
    if (count <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string Ending::text() const {
  std::string what = timed_out        ? "hung"
                     : exit_code >= 0 ? "exit code " + std::to_string(exit_code)
                                      : "signal " + std::to_string(signal);
  if (!output.empty()) what += ": " + output;
  return what;
}

Ending wait_for(pid_t child, std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  Ending ending;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) != child) {
    if (Clock::now() > deadline) {
      ending.timed_out = true;
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  if (WIFEXITED(status)) ending.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
  return ending;
}

Ending run_forked(const std::function<void()>& body, std::chrono::milliseconds patience) {
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork");
  if (child == 0) {
    try {
      body();
    } catch (...) {
      _exit(3);
    }
    _exit(0);
  }
  return wait_for(child, patience);
}

Ending run_program(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                   std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<std::string> arguments = command;
  std::vector<std::string> variables = whole_environment(environment);
  pid_t child = -1;
  const int error = posix_spawn(&child, command.front().c_str(), &actions, nullptr,
                                pointers(arguments).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    throw std::runtime_error("cannot run " + command.front());
  }
  std::string output = read_all(ends[0], deadline);
  close(ends[0]);
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  Ending ending = wait_for(child, std::max(left, std::chrono::milliseconds(1)));
  ending.output = std::move(output);
  return ending;
}

}  // namespace kymo::robustness
