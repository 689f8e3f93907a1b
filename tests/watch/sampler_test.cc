// Rates and levels of processes, over a folder that looks like /proc.
#include "src/watch/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>
#include <stdexcept>

#include "fake_proc.h"

namespace kymo::watch {
namespace {

using test::FakeProc;
using testing::ElementsAre;

class SamplerTest : public testing::Test {
 protected:
  [[nodiscard]] static double value(const std::optional<Sample>& sample, Metric metric) {
    return sample ? sample->values[index_of(metric)] : -1;
  }
  static unsigned long ticks(double seconds) {
    return static_cast<unsigned long>(seconds * static_cast<double>(::sysconf(_SC_CLK_TCK)));
  }

  FakeProc proc;
  ProcFiles files{proc.root(), proc.root() + "/sys"};
};

TEST_F(SamplerTest, TellsLevelsAtOnceAndRatesFromTheSecondReading) {
  proc.put(7, {.minor_faults = 100, .user_ticks = ticks(3), .threads = 2, .rss_kb = 1024});
  proc.put_files(7, 5);
  proc.put_io(7, 1000, 2000);
  proc.put_task(7, 7, 'S', 1'000'000'000, 0, 10, 1);
  Sampler sampler(files, 7, Sampler::Scope::process);
  const auto first = sampler.sample(100);
  EXPECT_EQ(value(first, Metric::resident), 1024 * 1024);
  EXPECT_EQ(value(first, Metric::anonymous), 512 * 1024);
  EXPECT_EQ(value(first, Metric::threads), 2);
  EXPECT_EQ(value(first, Metric::files), 5);
  EXPECT_TRUE(std::isnan(value(first, Metric::cpu)));

  proc.put(7, {.minor_faults = 300, .major_faults = 4, .user_ticks = ticks(3.5), .system_ticks = ticks(0.5)});
  proc.put_io(7, 5000, 2000);
  proc.put_task(7, 7, 'D', 1'500'000'000, 400'000'000, 30, 2);
  const auto second = sampler.sample(102);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->at, 2);
  EXPECT_EQ(second->seconds, 2);
  EXPECT_DOUBLE_EQ(value(second, Metric::cpu), 0.5);
  EXPECT_DOUBLE_EQ(value(second, Metric::minor_faults), 100);
  EXPECT_DOUBLE_EQ(value(second, Metric::major_faults), 2);
  EXPECT_DOUBLE_EQ(value(second, Metric::read), 2000);
  EXPECT_DOUBLE_EQ(value(second, Metric::disk_read), 1000);
  EXPECT_DOUBLE_EQ(value(second, Metric::written), 0);
  EXPECT_DOUBLE_EQ(value(second, Metric::voluntary_switches), 10);
  EXPECT_DOUBLE_EQ(value(second, Metric::involuntary_switches), 0.5);
  EXPECT_DOUBLE_EQ(value(second, Metric::cpu_wait), 0.2);
  EXPECT_DOUBLE_EQ(value(second, Metric::busiest_thread), 0.45);
  EXPECT_EQ(value(second, Metric::io_wait), 1);
}

TEST_F(SamplerTest, NoticesTheEndAndAPidThatIsAnothers) {
  proc.put(7, {});
  Sampler sampler(files, 7, Sampler::Scope::process);
  EXPECT_TRUE(sampler.sample(0));
  proc.put(7, {.start_ticks = 1001});
  EXPECT_FALSE(sampler.sample(1)) << "another process with the same pid";
  proc.put(7, {.state = 'Z', .threads = 1});
  EXPECT_FALSE(sampler.sample(2)) << "only its exit code is left";
  proc.put(7, {.state = 'Z', .threads = 3});
  EXPECT_TRUE(sampler.sample(3)) << "its first thread has ended, others go on";
  proc.remove("7");
  EXPECT_FALSE(sampler.sample(4));
  EXPECT_THROW(Sampler(files, 7, Sampler::Scope::process), std::runtime_error);
}

TEST_F(SamplerTest, SumsATreeAndLosesNothingOfWhoEnds) {
  proc.put(7, {.user_ticks = ticks(1), .rss_kb = 1000});
  proc.put(8, {.parent = 7, .user_ticks = ticks(10), .rss_kb = 2000});
  proc.put(9, {.parent = 8, .rss_kb = 4000});
  proc.put(10, {.parent = 1, .rss_kb = 100'000});
  EXPECT_THAT(read_tree(files, 7), ElementsAre(7, 8, 9));
  Sampler sampler(files, 7, Sampler::Scope::tree);
  EXPECT_EQ(value(sampler.sample(0), Metric::resident), 7000.0 * 1024);

  // 9 ends; 11 comes and has used 2 s already; 7 used another one.
  proc.remove("9");
  proc.put(7, {.user_ticks = ticks(2), .rss_kb = 1000});
  proc.put(11, {.parent = 7, .user_ticks = ticks(2), .rss_kb = 500});
  const auto sample = sampler.sample(1);
  EXPECT_EQ(value(sample, Metric::processes), 3);
  EXPECT_EQ(value(sample, Metric::resident), 3500.0 * 1024);
  EXPECT_DOUBLE_EQ(value(sample, Metric::cpu), 3);
}

TEST_F(SamplerTest, KnowsWhatItCannotKnow) {
  proc.put(7, {});
  Sampler sampler(files, 7, Sampler::Scope::process);
  static_cast<void>(sampler.sample(0));
  const auto sample = sampler.sample(1);
  for (const Metric metric : {Metric::files, Metric::read, Metric::proportional, Metric::voluntary_switches,
                              Metric::busiest_thread, Metric::cpu_wait, Metric::throttled, Metric::io_wait})
    EXPECT_TRUE(std::isnan(value(sample, metric))) << info_of(metric).name;
  EXPECT_EQ(value(sample, Metric::cpu), 0);
}

TEST_F(SamplerTest, DoesNotSumAPartOfTheThreads) {
  proc.put(7, {.threads = 1000});
  proc.put_task(7, 7, 'S', 0, 0, 0, 0);
  Sampler sampler(files, 7, Sampler::Scope::process);
  static_cast<void>(sampler.sample(0));
  EXPECT_TRUE(std::isnan(value(sampler.sample(1), Metric::voluntary_switches)));
  EXPECT_EQ(sampler.surroundings().threads_not_looked_at, 999U);
}

TEST_F(SamplerTest, FindsThrottlingInTheGroupAndThoseAboveIt) {
  proc.put(7, {});
  proc.write("7/cgroup", "0::/a/b\n");
  proc.write("self/mountinfo", "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  proc.write("sys/fs/cgroup/a/cpu.max", "50000 100000\n");
  proc.write("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  const auto throttled = [&](const std::string& group, int microseconds) {
    proc.write(
        "sys/fs/cgroup/" + group + "/cpu.stat",
        "usage_usec 1\nnr_periods 10\nnr_throttled 5\nthrottled_usec " + std::to_string(microseconds) + "\n");
  };
  throttled("a", 1'000'000);
  throttled("a/b", 0);
  Sampler sampler(files, 7, Sampler::Scope::process);
  static_cast<void>(sampler.sample(0));
  EXPECT_EQ(sampler.surroundings().limit_cores, 0.5);
  EXPECT_EQ(sampler.surroundings().cores, 0.5);
  throttled("a", 1'250'000);
  EXPECT_DOUBLE_EQ(value(sampler.sample(1), Metric::throttled), 0.25);
}

TEST(Sampler, SeesThisProcess) {
  ProcFiles files;
  Sampler sampler(files, static_cast<Pid>(::getpid()), Sampler::Scope::process);
  const auto sample = sampler.sample(0);
  ASSERT_TRUE(sample);
  for (const Metric metric : {Metric::resident, Metric::threads, Metric::files, Metric::processes})
    EXPECT_GE(sample->values[index_of(metric)], 1) << info_of(metric).name;
}

}  // namespace
}  // namespace kymo::watch
