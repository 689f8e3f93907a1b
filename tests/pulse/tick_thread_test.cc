#include <kymo/pulse/tick_thread.h>

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <semaphore>
#include <string>
#include <vector>

namespace kymo::KYMO_ABI::pulse {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kDeadline = 20s;

TEST(TickThread, TicksAtOnceAndThenOnAGrid) {
  std::vector<Clock::time_point> times;
  std::counting_semaphore<> ticks(0);
  const Clock::time_point start = Clock::now();
  {
    TickThread thread(20ms, [&] {
      times.push_back(Clock::now());
      ticks.release();
    });
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(ticks.try_acquire_for(kDeadline));
  }
  // Never early: the n-th tick comes n intervals after the first, less what the first was late by.
  for (std::size_t i = 0; i < times.size(); ++i) EXPECT_GE(times[i] - start, (i == 0 ? 0 : i) * 20ms);
}

TEST(TickThread, ALongTickSkipsThoseItCoversAndCountsThem) {
  std::counting_semaphore<> ticks(0);
  std::atomic<int> calls{0};
  TickThread thread(10ms, [&] {
    if (calls++ == 0) {
      const auto until = Clock::now() + 55ms;
      while (Clock::now() < until) std::this_thread::sleep_until(until);
    }
    ticks.release();
  });
  ASSERT_TRUE(ticks.try_acquire_for(kDeadline));
  ASSERT_TRUE(ticks.try_acquire_for(kDeadline));
  EXPECT_GE(thread.missed(), 5U);
}

TEST(TickThread, HasANameAndNoSignals) {
  std::binary_semaphore done(0);
  std::string name;
  bool all_blocked = true;
  TickThread thread(1h, [&] {
    std::array<char, 16> buffer{};
    pthread_getname_np(pthread_self(), buffer.data(), buffer.size());
    name = buffer.data();
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    for (const int signal : {SIGINT, SIGTERM, SIGPROF, SIGUSR1, SIGCHLD, SIGALRM}) {
      all_blocked = all_blocked && sigismember(&blocked, signal) == 1;
    }
    done.release();
  });
  ASSERT_TRUE(done.try_acquire_for(kDeadline));
  EXPECT_EQ(name, "kymo-tick");
  EXPECT_TRUE(all_blocked);
  sigset_t mine;
  pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  EXPECT_EQ(sigismember(&mine, SIGTERM), 0);
}

TEST(TickThread, StopsInTheMiddleOfAWaitAndTwice) {
  std::binary_semaphore ticked(0);
  TickThread thread(1h, [&] { ticked.release(); });
  ASSERT_TRUE(ticked.try_acquire_for(kDeadline));
  thread.stop();  // would last an hour otherwise
  thread.stop();
}

}  // namespace
}  // namespace kymo::KYMO_ABI::pulse
