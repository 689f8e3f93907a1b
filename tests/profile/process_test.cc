// Tests the profiler in hostile processes: forks, signals, no memory to spare.
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cerrno>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <kymo/profile/profile.h>
#include <kymo/profile/report.h>
#include <kymo/profile/trace.h>

#include "profiled.h"
#include "tests/support/sanitizers.h"

namespace kymo::KYMO_ABI::profile {
namespace {

#if KYMO_THREAD_SANITIZER
constexpr bool kChildHasThreads = false;  // the sanitizer ends a child that begins some
#else
constexpr bool kChildHasThreads = true;
#endif

class ProcessTest : public Profiled {};

void work() { KYMO_PROFILE_SCOPE("work"); }

/// Whether the check holds in a forked child.
bool holds_in_child(const std::function<bool()>& check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check() ? 0 : 1);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(ProcessTest, AForkedChildBeginsAtZeroAndGoesOn) {
  std::atomic<bool> done{false};
  std::jthread other([&done] {
    while (!done) work();
  });
  while (report().functions.empty()) {
  }
  for (int i = 0; i < 20; ++i) {
    KYMO_PROFILE_SCOPE("around the fork");
    EXPECT_TRUE(holds_in_child([] {
      if (!report().functions.empty() || !trace().threads.empty()) return false;
      work();
      std::map<std::string, std::uint64_t> calls = {{"around the fork", 0}, {"around the fork;work", 1}};
      if (kChildHasThreads) {
        std::jthread([] { work(); }).join();
        calls["work"] = 1;
      }
      return calls_of(report()) == calls;
    }));
  }
  done = true;
  other.join();
  EXPECT_EQ(function_in(report(), "around the fork").calls, 20U);
}

std::atomic<std::uint64_t> handled{0};

void handle_signal(int /*signal*/) {
  KYMO_PROFILE_SCOPE("handler");
  ++handled;
}

TEST_F(ProcessTest, ScopesOfASignalHandlerHarmNoOthers) {
  handled = 0;
  struct sigaction action{};
  struct sigaction before{};
  action.sa_handler = handle_signal;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> worked{0};
  std::jthread worker([&] {
    while (!done) {
      KYMO_PROFILE_SCOPE("loop");
      work();
      ++worked;
    }
  });
  while (worked == 0) {
  }
  while (handled < 1000) (void)::pthread_kill(worker.native_handle(), SIGUSR1);
  done = true;
  worker.join();
  ASSERT_EQ(::sigaction(SIGUSR1, &before, nullptr), 0);
  const Report read = report();
  EXPECT_EQ(function_in(read, "work").calls, worked);
  EXPECT_EQ(function_in(read, "loop").calls, worked);
  EXPECT_EQ(function_in(read, "handler").calls + read.lost_scopes, handled);
}

#if !KYMO_ADDRESS_SANITIZER && !KYMO_THREAD_SANITIZER  // they need memory themselves
TEST_F(ProcessTest, WithoutMemoryScopesAreLostAndCounted) {
  EXPECT_TRUE(holds_in_child([] {
    constexpr std::uint64_t kThreads = 120;  // more than logs that ended threads may have left
    std::barrier barrier(kThreads + 1);
    std::vector<std::jthread> threads;
    for (std::uint64_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&barrier] {
        barrier.arrive_and_wait();  // there is no memory from here on
        barrier.arrive_and_wait();
        work();
        barrier.arrive_and_wait();
      });
    }
    barrier.arrive_and_wait();
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) != 0) return false;
    const rlimit none{0, limit.rlim_max};
    if (::setrlimit(RLIMIT_AS, &none) != 0) return false;
    barrier.arrive_and_wait();
    barrier.arrive_and_wait();
    if (::setrlimit(RLIMIT_AS, &limit) != 0) return false;
    threads.clear();
    const Report read = report();
    const std::uint64_t calls = read.functions.empty() ? 0 : function_in(read, "work").calls;
    return read.lost_scopes > 0 && read.lost_scopes + calls == kThreads;
  }));
}
#endif

}  // namespace
}  // namespace kymo::KYMO_ABI::profile
