// Threads come and go by the hundred thousand; their counts stay and their memory does not.

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>

#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

constexpr int kAtOnce = 50;

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

struct Instruments {
  Registry registry;
  Counter counter = registry.counter("counter", "C.");
  Histogram histogram = registry.histogram("histogram", "H.");
  UpDownCounter alive = registry.up_down_counter("alive", "A.");
};

Instruments& instruments() {
  static auto& all = *new Instruments;  // threads' last destructors use it
  return all;
}

// Made at a thread's first use, so its destructor runs when the thread ends.
struct RecordsAtTheEnd {
  ~RecordsAtTheEnd() {
    instruments().counter.add(1);
    instruments().histogram.record(4);
    instruments().alive.sub(1);
  }
  void touch() const {}
};
thread_local RecordsAtTheEnd records_at_the_end;

void three_increments() {
  records_at_the_end.touch();
  instruments().alive.add(1);
  for (int i = 0; i < 3; ++i) instruments().counter.add(1);
}

void run_batches(int batches) {
  for (int batch = 0; batch < batches; ++batch) {
    std::vector<std::thread> threads;
    threads.reserve(kAtOnce);
    for (int i = 0; i < kAtOnce; ++i) threads.emplace_back(three_increments);
    for (auto& thread : threads) thread.join();
  }
}

TEST(ThreadExit, KeepsEveryCountAndNoMemory) {
  const int batches = repetitions(500, 60);
  run_batches(20);
  const std::size_t before = resident_bytes();
  run_batches(batches);
  const auto threads = static_cast<std::uint64_t>(batches + 20) * kAtOnce;
  EXPECT_EQ(instruments().counter.value(), threads * 4);
  EXPECT_EQ(instruments().histogram.value().count(), threads);
  EXPECT_EQ(instruments().histogram.value().sum(), 4.0 * static_cast<double>(threads));
  EXPECT_EQ(instruments().alive.value(), 0);
  if (!kSanitized) {  // those keep what was freed, to find who still uses it
    EXPECT_LT(resident_bytes(), before + (std::size_t{1} << 20U)) << "after " << threads << " threads";
  }
}

// Keys' destructors run after those of C++, in rounds: the library's own may have been before the user's.
TEST(ThreadExit, KeepsWhatKeysRecordInTheirLastRounds) {
  static pthread_key_t key;
  static Counter counter = instruments().registry.counter("in_rounds", "R.");
  ASSERT_EQ(pthread_key_create(&key,
                               [](void* round) {
                                 counter.add(1);
                                 instruments().histogram.record(1);
                                 const auto left = reinterpret_cast<std::uintptr_t>(round) - 1;
                                 if (left > 0) pthread_setspecific(key, reinterpret_cast<void*>(left));
                               }),
            0);
  const auto before = instruments().histogram.value().count();
  constexpr std::uint64_t kThreads = 200;
  constexpr std::uint64_t kRounds = 3;
  for (std::uint64_t i = 0; i < kThreads; ++i) {
    std::thread([] { pthread_setspecific(key, reinterpret_cast<void*>(kRounds)); }).join();
  }
  pthread_key_delete(key);
  EXPECT_EQ(counter.value(), kThreads * kRounds);
  EXPECT_EQ(instruments().histogram.value().count() - before, kThreads * kRounds);
}

// The first record of a thread may be its last.
TEST(ThreadExit, KeepsWhatAThreadRecordsOnlyInADestructor) {
  static Counter counter = instruments().registry.counter("only_at_the_end", "O.");
  struct OnlyAtTheEnd {
    ~OnlyAtTheEnd() { counter.add(1); }
    void touch() const {}
  };
  const int threads = repetitions(2000, 200);
  for (int i = 0; i < threads; ++i) {
    std::thread([] {
      thread_local const OnlyAtTheEnd only_at_the_end;
      only_at_the_end.touch();
    }).join();
  }
  EXPECT_EQ(counter.value(), static_cast<std::uint64_t>(threads));
}

TEST(ThreadExit, BySeriesThatEachThreadRegistersAndDropsNeedsNoMoreMemory) {
  const auto round = [](int times) {
    for (int i = 0; i < times; ++i) {
      std::thread([] {
        Registry registry;
        registry.counter("c", "C.").add();
        registry.histogram("h", "H.").record(3);
        registry.gauge("g", "G.").set(1);
        registry.timing("t", "T.").record(std::chrono::seconds(1));
      }).join();
    }
  };
  round(200);
  const std::size_t before = resident_bytes();
  round(repetitions(5000, 200));
  if (!kSanitized) {
    EXPECT_LT(resident_bytes(), before + (std::size_t{1} << 20U));
  }
}

}  // namespace
}  // namespace kymo::robustness
