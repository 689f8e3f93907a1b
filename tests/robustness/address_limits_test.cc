// Counting in a process that may have few addresses, locks its memory, or may not have it wiped in children.
// Each case is the first of kymo in a child of its own, since what the cells lie in is made only once.

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <barrier>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>

#include "tests/robustness/child_process.h"
#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMiB = std::size_t{1} << 20U;
constexpr auto kPatience = 60s;

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what);
}

/// A figure of /proc/self/status in bytes.
std::size_t status(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return std::stoul(line.substr(name.size() + 1)) * 1024;
  }
  throw std::runtime_error("no " + name);
}

void limit_addresses(std::size_t more) {
  const rlimit limit{status("VmSize") + more, RLIM_INFINITY};
  require(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit");
}

double exported(Registry& registry, std::string_view name) {
  const auto point = registry.snapshot()->find(name, {});
  return point ? to_double(point->number) : -1;
}

/// Exact over threads one after another, so that tables of cells are handed on.
void count_and_check(Registry& registry, int threads) {
  Counter counter = registry.counter("counted", "Counted.");
  Histogram histogram = registry.histogram("measured", "Measured.");
  for (int t = 0; t < threads; ++t) {
    std::thread([&] {
      for (int i = 0; i < 1000; ++i) {
        counter.add();
        histogram.record(i);
      }
    }).join();
  }
  require(exported(registry, "counted") == threads * 1000.0, "not exact");
  require(histogram.value().count() == static_cast<std::uint64_t>(threads) * 1000,
          "a histogram is not exact");
}

bool host_gets(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  munmap(memory, bytes);
  return true;
}

TEST(AddressLimits, LeaveTheHostProgramMostOfItsAddresses) {
  if (kSanitized) GTEST_SKIP() << "sanitizers take addresses for themselves";
  const Ending ending = run_forked(
      [] {
        limit_addresses(512 * kMiB);  // of which the C library takes 64 for a thread's heap
        Registry registry;
        count_and_check(registry, 20);
        require(host_gets(320 * kMiB), "the host program got no memory");
      },
      kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
}

TEST(AddressLimits, ThatComeLaterLeaveTheHostProgramMostOfItsAddresses) {
  if (kSanitized) GTEST_SKIP() << "sanitizers take addresses for themselves";
  const Ending ending = run_forked(
      [] {
        const std::size_t before = status("VmSize");
        Registry registry;
        count_and_check(registry, 2);
        require(status("VmSize") - before < 1024 * kMiB, "kymo reserves much at once");
      },
      kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
}

TEST(AddressLimits, TablesOfManyThreadsGrowBeyondTheFirstReservation) {
  if (kSanitized) GTEST_SKIP() << "sanitizers take addresses for themselves";
  constexpr int kThreads = 100;
  const Ending ending = run_forked(
      [] {
        Registry registry;
        Counter counter = registry.counter("counted", "Counted.");
        std::barrier all(kThreads);  // each needs a table of its own at the same time
        std::vector<std::thread> threads;
        for (int t = 0; t < kThreads; ++t) {
          threads.emplace_back([&] {
            counter.add();
            all.arrive_and_wait();
            counter.add();
          });
        }
        for (std::thread& thread : threads) thread.join();
        require(exported(registry, "counted") == kThreads * 2.0, "not exact");
        require(exported(registry, "kymo_cells_refused_total") <= 0, "a thread got no table");
        const int child = fork();
        if (child == 0) _exit(exported(registry, "counted") == 0 ? 0 : 1);
        int status = 0;
        require(waitpid(child, &status, 0) == child && status == 0, "a child has counts of its parent");
      },
      kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
}

TEST(AddressLimits, AreNoReasonToLoseACount) {
  if (kSanitized) GTEST_SKIP() << "sanitizers take addresses for themselves";
  for (const std::size_t more : {32U, 64U, 128U}) {
    const Ending ending = run_forked(
        [more] {
          limit_addresses(more * kMiB);
          Registry registry;
          count_and_check(registry, 20);
        },
        kPatience);
    EXPECT_TRUE(ending.fine()) << more << " MiB: " << ending.text();
  }
}

TEST(AddressLimits, MoreThreadsThanTheirTablesHaveRoomForCountIntoSharedCells) {
  if (kSanitized) GTEST_SKIP() << "sanitizers take addresses for themselves";
  constexpr int kThreads = 24;
  const Ending ending = run_forked(
      [] {
        // Stacks that the limit leaves room for.
        limit_addresses(128 * kMiB);
        Registry registry;
        Counter counter = registry.counter("counted", "Counted.");
        pthread_attr_t small;
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 256 * 1024);
        static Counter* counted = nullptr;
        counted = &counter;
        static pthread_barrier_t all;  // each needs a table of its own at the same time
        pthread_barrier_init(&all, nullptr, kThreads);
        std::vector<pthread_t> threads(kThreads);
        for (pthread_t& thread : threads) {
          const int failed = pthread_create(
              &thread, &small,
              [](void*) -> void* {
                for (int i = 0; i < 1000; ++i) counted->add();
                pthread_barrier_wait(&all);
                for (int i = 0; i < 1000; ++i) counted->add();
                return nullptr;
              },
              nullptr);
          require(failed == 0, "pthread_create");
        }
        for (const pthread_t thread : threads) pthread_join(thread, nullptr);
        require(exported(registry, "counted") == kThreads * 2000.0, "not exact");
        require(exported(registry, "kymo_cells_refused_total") > 0, "nothing is said of it");
      },
      kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
}

TEST(AddressLimits, AProcessThatLocksItsMemoryPaysForWhatIsUsed) {
  if (kSanitized) GTEST_SKIP() << "sanitizers have more addresses than memory";
  if (mlockall(MCL_FUTURE) != 0) GTEST_SKIP() << "this process may not lock its memory";
  munlockall();
  const Ending ending = run_forked(
      [] {
        require(mlockall(MCL_FUTURE) == 0, "mlockall");
        const std::size_t before = status("VmRSS");
        Registry registry;
        count_and_check(registry, 4);
        require(status("VmRSS") - before < 64 * kMiB, "addresses that are only reserved became memory");
      },
      kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
}

/// From now on the kernel knows no MADV_WIPEONFORK.
void deny_wiping() {
#if defined(__x86_64__)
  constexpr auto kAdvice =
      static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t));
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kAdvice),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_WIPEONFORK, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(filter), filter};
  require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
#endif
}

/// From now on the system call fails with EPERM.
void deny(int call) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(filter), filter};
  require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
  require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
}

TEST(AddressLimits, CopiesThatCannotFindEachOtherAreSaidOnceAndCounted) {
  const Ending ending = run_forked(
      [] {
        deny(SYS_memfd_create);
        std::vector<std::string> said;
        Registry registry({.error_sink = [&](std::string_view message) { said.emplace_back(message); }});
        for (int i = 0; i < 3; ++i) require(exported(registry, "kymo_copies_apart") == 1, "not counted");
        require(said.size() == 1 && said[0].find("cannot find each other") != std::string::npos,
                "not said, or not once");
        count_and_check(registry, 2);
      },
      kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
  const Ending other = run_forked(
      [] {
        Registry registry;
        require(exported(registry, "kymo_copies_apart") == 0, "counted where all is well");
      },
      kPatience);
  EXPECT_TRUE(other.fine()) << other.text();
}

TEST(AddressLimits, WhereTheKernelWipesNothingAChildBeginsAtZeroAllTheSame) {
  const Ending ending = run_forked(
      [] {
        deny_wiping();
        Registry registry;
        Counter counter = registry.counter("counted", "Counted.");
        Gauge gauge = registry.gauge("level", "Level.");
        counter.add(5);
        gauge.set(7);
        const Ending child = run_forked(
            [&] {
              require(exported(registry, "counted") == 0, "the parent's count is exported twice");
              require(exported(registry, "level") == 7, "a gauge is true of the child too");
              counter.add(2);
              require(exported(registry, "counted") == 2, "the child does not count");
            },
            kPatience);
        require(child.fine(), child.text());
        require(exported(registry, "counted") == 5, "the child changed its parent's count");
      },
      kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
}

}  // namespace
}  // namespace kymo::robustness
