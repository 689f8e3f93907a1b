#include "monitor_loop.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace kymo::KYMO_ABI::cli {
namespace {

constexpr auto kTimeToEnd = std::chrono::seconds(5);
constexpr auto kTimeToDie = std::chrono::seconds(1);
constexpr auto kTimeToBeWaitedFor = std::chrono::seconds(1);
/// Interval of checks for the process' end without a pidfd.
constexpr auto kLongestWait = std::chrono::milliseconds(100);
constexpr int kSignalBase = 128;  // a shell's exit code for a signal

std::chrono::nanoseconds interval_at(double rate_hz) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(1 / rate_hz));
}

int exit_code_of(const watch::End& end) {
  return end.how == watch::End::How::signalled ? kSignalBase + end.number : end.number;
}

}  // namespace

MonitorLoop::MonitorLoop(const terminal::TerminalSignals& signals, watch::Sampler& sampler,
                         watch::Recording& recording, MonitorView& view, WatchedCommand* command, int process,
                         Plan plan)
    : signals_(signals),
      sampler_(sampler),
      recording_(recording),
      view_(view),
      command_(command),
      process_(process),
      interval_(interval_at(plan.rate_hz)),
      begin_(std::chrono::steady_clock::now()),
      next_(begin_) {
  if (plan.duration_seconds)
    deadline_ = begin_ + std::chrono::duration_cast<std::chrono::nanoseconds>(
                             std::chrono::duration<double>(*plan.duration_seconds));
}

MonitorResult MonitorLoop::run() {
  while (phase_ != Phase::over) {
    if (phase_ == Phase::watching && std::chrono::steady_clock::now() >= next_) take_reading();
    if (phase_ == Phase::over) break;
    wait();
    take_signals();
    if (view_.take_input() && phase_ == Phase::watching) finish(watch::End::How::interrupted, SIGTERM);
    check_command();
    const Time now = std::chrono::steady_clock::now();
    if (phase_ == Phase::watching && deadline_ && now >= *deadline_) {
      take_reading();
      if (phase_ == Phase::watching) finish(watch::End::How::duration, SIGTERM);
    }
    if (phase_ == Phase::ending && now >= kill_at_) send_to_all(SIGKILL);
  }
  return result_;
}

void MonitorLoop::wait() {
  Time until = phase_ == Phase::ending ? kill_at_ : next_;
  if (deadline_ && phase_ == Phase::watching) until = std::min(until, *deadline_);
  auto left = until - std::chrono::steady_clock::now();
  if (process_ < 0 || phase_ == Phase::ending) left = std::min<std::chrono::nanoseconds>(left, kLongestWait);
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  std::array<pollfd, 4> waits = {{{signals_.descriptor(), POLLIN, 0},
                                  {process_, POLLIN, 0},
                                  {view_.keys(), POLLIN, 0},
                                  {view_.output(), POLLIN, 0}}};
  if (::poll(waits.data(), waits.size(), static_cast<int>(std::clamp<std::int64_t>(timeout, 0, 60'000))) <= 0)
    return;
  if ((waits[1].revents & POLLIN) != 0 && command_ == nullptr) process_is_gone();
  // The terminal is gone, and with it the user.
  if ((waits[2].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 && phase_ == Phase::watching)
    finish(watch::End::How::interrupted, SIGHUP);
}

void MonitorLoop::take_signals() {
  for (auto came = signals_.next(); came.number != 0; came = signals_.next()) {
    switch (came.number) {
      case SIGWINCH:
        view_.resize();
        view_.redraw({});
        break;
      case SIGTSTP: stop(); break;
      case SIGCONT: view_.enter(); break;
      default:
        if (phase_ == Phase::ending) {
          send_to_all(SIGKILL);
        } else if (phase_ == Phase::watching) {
          // A key's signal has reached the command too.
          finish(watch::End::How::interrupted, came.is_from_terminal ? 0 : came.number);
        }
    }
  }
}

void MonitorLoop::stop() {
  view_.leave();
  ::kill(::getpid(), SIGSTOP);  // SIGCONT resumes here
  view_.enter();
}

void MonitorLoop::take_reading() {
  const Time now = std::chrono::steady_clock::now();
  const auto sample = sampler_.sample(std::chrono::duration<double>(now - begin_).count());
  if (!sample) {
    process_is_gone();
    return;
  }
  recording_.add(*sample);
  view_.show(*sample);
  // Readings missed during a stop are not taken later.
  next_ = std::max(next_ + interval_, now + interval_ / 2);
}

void MonitorLoop::finish(watch::End::How how, int signal) {
  result_.end = {how, 0};
  if (command_ == nullptr) {
    phase_ = Phase::over;
    return;
  }
  phase_ = Phase::ending;
  kill_at_ = std::chrono::steady_clock::now() + kTimeToEnd;
  if (signal != 0) send_to_all(signal);
  if (phase_ == Phase::over) return;
  view_.redraw("The command is ending; Ctrl-C again kills it");
}

/// Descendants first: once the command has ended, they have another parent.
void MonitorLoop::send_to_all(int signal) {
  for (const watch::Pid pid : sampler_.descendants()) ::kill(static_cast<::pid_t>(pid), signal);
  if (!command_->send(signal)) {
    phase_ = Phase::over;
    result_.exit_code = kFailure;
    result_.fault = WatchedCommand::kNotPermitted;
  }
  // After SIGKILL it may still take a while, in an uninterruptible sleep.
  if (signal == SIGKILL) kill_at_ = std::chrono::steady_clock::now() + kTimeToDie;
}

void MonitorLoop::check_command() {
  if (command_ == nullptr || phase_ == Phase::over) return;
  command_->wait_for_orphans();
  if (!command_->end()) return;
  const watch::End& end = *command_->end();
  if (phase_ == Phase::watching) result_.end = end;
  // A watch of fixed duration succeeds at its end; an interrupted one returns the command's exit code.
  result_.exit_code = result_.end.how == watch::End::How::duration ? 0 : exit_code_of(end);
  phase_ = Phase::over;
}

void MonitorLoop::process_is_gone() {
  if (command_ != nullptr) {
    next_ = std::chrono::steady_clock::now() + interval_;  // its end is near
    return;
  }
  phase_ = Phase::over;
  result_.end = {watch::End::How::gone, 0};
  // Every process is a zombie briefly: report only one that stays so.
  const Time until = std::chrono::steady_clock::now() + kTimeToBeWaitedFor;
  auto parent = sampler_.zombie_of();
  while (parent && std::chrono::steady_clock::now() < until) {
    ::usleep(20'000);
    parent = sampler_.zombie_of();
  }
  if (parent) result_.end = {watch::End::How::zombie, static_cast<int>(*parent)};
}

}  // namespace kymo::KYMO_ABI::cli
