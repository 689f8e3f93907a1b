// Rates and levels of processes, over a folder that looks like /proc.
#include <kymo/watch/sampler.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>
#include <functional>
#include <optional>
#include <stdexcept>

#include "fake_proc.h"

namespace kymo::KYMO_ABI::watch {
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
  EXPECT_DOUBLE_EQ(value(second, Metric::busiest_wait), 0.2);
  EXPECT_EQ(value(second, Metric::io_wait), 1);
}

TEST_F(SamplerTest, NoticesTheEndAndAPidThatIsAnothers) {
  proc.put(7, {});
  Sampler sampler(files, 7, Sampler::Scope::process);
  EXPECT_TRUE(sampler.sample(0));
  proc.put(7, {.start_ticks = 1001});
  EXPECT_FALSE(sampler.sample(1)) << "another process with the same pid";
  EXPECT_EQ(sampler.zombie_of(), std::nullopt);
  proc.put(7, {.state = 'Z', .parent = 5, .threads = 1});
  EXPECT_FALSE(sampler.sample(2)) << "only its exit code is left";
  EXPECT_EQ(sampler.zombie_of(), 5U);
  EXPECT_THAT([&] { Sampler(files, 7, Sampler::Scope::process); },
              testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr(
                  "process 7 is a zombie: it has ended, and its parent, process 5, has not waited for it")));
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

/// CPU time of a tree in a second, in which `now` makes what is there of what was.
class TreeCpu : public SamplerTest {
 protected:
  double grown(const std::function<void()>& now, const Foster& foster = {}) {
    if (!sampler_) {
      sampler_.emplace(files, 7, Sampler::Scope::tree, foster);
      static_cast<void>(sampler_->sample(at_));
    }
    now();
    at_ += 1;
    return value(sampler_->sample(at_), Metric::cpu);
  }

 private:
  std::optional<Sampler> sampler_;
  double at_ = 0;
};

TEST_F(TreeCpu, CountsChildrenThatCameAndEndedBetweenReadings) {
  proc.put(7, {.user_ticks = ticks(1), .waited_user_ticks = ticks(100)});
  EXPECT_DOUBLE_EQ(grown([&] {
                     proc.put(7, {.user_ticks = ticks(1.1),
                                  .waited_user_ticks = ticks(100.3),
                                  .waited_system_ticks = ticks(0.2)});
                   }),
                   0.6);
}

TEST_F(TreeCpu, CountsNoTimeTwiceOfAChildThatWasSeen) {
  proc.put(7, {});
  proc.put(8, {.parent = 7, .minor_faults = 50, .user_ticks = ticks(10)});
  EXPECT_DOUBLE_EQ(grown([&] { proc.put(8, {.parent = 7, .minor_faults = 50, .user_ticks = ticks(10.5)}); }),
                   0.5);
  // The process ended after another 0.25 s.
  EXPECT_DOUBLE_EQ(grown([&] {
                     proc.remove("8");
                     proc.put(7, {.waited_minor_faults = 60, .waited_user_ticks = ticks(10.75)});
                   }),
                   0.25);
  EXPECT_DOUBLE_EQ(grown([] {}), 0);
}

TEST_F(TreeCpu, CountsNestedTreesOnce) {
  proc.put(7, {});
  proc.put(8, {.parent = 7, .user_ticks = ticks(1), .waited_user_ticks = ticks(2)});
  proc.put(9, {.parent = 8, .user_ticks = ticks(4)});
  // 9 ends first, after 0.1 s; then 8, after 0.2 s; then 10 comes, and ends after 0.3 s.
  EXPECT_NEAR(grown([&] {
                proc.remove("8");
                proc.remove("9");
                proc.put(7, {.waited_user_ticks = ticks(1.2 + 2 + 4.1 + 0.3)});
              }),
              0.6, 1e-9);
}

TEST_F(TreeCpu, CountsAZombieOnce) {
  proc.put(7, {});
  proc.put(8, {.parent = 7, .user_ticks = ticks(1)});
  EXPECT_DOUBLE_EQ(grown([&] { proc.put(8, {.state = 'Z', .parent = 7, .user_ticks = ticks(1.5)}); }), 0.5);
  EXPECT_DOUBLE_EQ(grown([&] {
                     proc.remove("8");
                     proc.put(7, {.waited_user_ticks = ticks(1.5)});
                   }),
                   0);
}

TEST_F(TreeCpu, OfAChildThatNobodyWaitsForIsNotTakenFromOthers) {
  proc.put(7, {});
  proc.put(8, {.parent = 7, .user_ticks = ticks(5)});
  EXPECT_DOUBLE_EQ(grown([&] {
                     proc.remove("8");
                     proc.put(7, {.user_ticks = ticks(0.5)});
                   }),
                   0.5);
}

TEST_F(TreeCpu, FollowsThoseThatLoseTheirParent) {
  proc.put(7, {});
  proc.put(8, {.parent = 7});
  proc.put(9, {.parent = 8, .user_ticks = ticks(1)});
  EXPECT_DOUBLE_EQ(grown([&] {
                     proc.remove("8");
                     proc.put(9, {.parent = 1, .user_ticks = ticks(1.5)});
                     proc.put(10, {.parent = 9, .user_ticks = ticks(0.25)});
                   }),
                   0.75);
  EXPECT_DOUBLE_EQ(grown([&] { proc.put(9, {.parent = 1, .user_ticks = ticks(50), .start_ticks = 4000}); }),
                   0)
      << "its pid is another's now, and 10 a process of its own";
}

TEST_F(TreeCpu, TakesInWhomAFosterParentTakesIn) {
  proc.put(5, {.user_ticks = ticks(3), .waited_user_ticks = ticks(9)});
  proc.put(7, {.parent = 5});
  EXPECT_DOUBLE_EQ(grown(
                       [&] {
                         proc.put(11, {.parent = 5, .user_ticks = ticks(0.5)});
                         proc.put(5, {.user_ticks = ticks(4), .waited_user_ticks = ticks(9.25)});
                       },
                       Foster{5}),
                   0.75)
      << "the orphan's, and that of another one that has ended already";
  EXPECT_NEAR(grown([&] {
                proc.remove("11");
                proc.put(5, {.user_ticks = ticks(4), .waited_user_ticks = ticks(9.85)});
              }),
              0.1, 1e-9);
}

TEST_F(SamplerTest, WhoWasBelowTheFosterBeforeIsNoneOfTheTree) {
  proc.put(5, {});
  proc.put(6, {.parent = 5, .start_ticks = 900});
  proc.put(7, {.parent = 5});
  proc.put(8, {.parent = 6, .start_ticks = 950});
  const Foster foster{5, {{6, 900}, {8, 950}}};
  EXPECT_EQ(read_descendants(files, 5), (std::vector<KnownProcess>{{6, 900}, {7, 1000}, {8, 950}}));
  EXPECT_EQ(read_tree(files, 7, {}, foster), std::vector<Pid>{7});
  proc.put(8, {.parent = 5, .start_ticks = 950});  // an orphan of the other one
  proc.put(9, {.parent = 5});
  EXPECT_EQ(read_tree(files, 7, {}, foster), (std::vector<Pid>{7, 9}));
  proc.put(6, {.parent = 5, .start_ticks = 2000});
  EXPECT_EQ(read_tree(files, 7, {}, foster), (std::vector<Pid>{6, 7, 9})) << "its pid is used again";
}

TEST_F(SamplerTest, CountsInputOfATreeOnce) {
  proc.put(7, {});
  proc.put_io(7, 1000, 0);
  proc.put(8, {.parent = 7, .minor_faults = 50});
  proc.put_io(8, 500, 0);
  Sampler sampler(files, 7, Sampler::Scope::tree);
  static_cast<void>(sampler.sample(0));
  proc.put_io(8, 700, 0);
  EXPECT_DOUBLE_EQ(value(sampler.sample(1), Metric::read), 200);
  // The kernel adds what a child has read to the parent that waits for it.
  proc.remove("8");
  proc.put(7, {.waited_minor_faults = 55});
  proc.put_io(7, 1000 + 750 + 30, 0);
  EXPECT_DOUBLE_EQ(value(sampler.sample(2), Metric::read), 80);
}

TEST_F(SamplerTest, TellsOfZombiesThatStay) {
  proc.put(7, {});
  proc.put(8, {.state = 'Z', .parent = 7, .rss_kb = 0});
  Sampler sampler(files, 7, Sampler::Scope::tree);
  EXPECT_EQ(value(sampler.sample(0), Metric::processes), 1);
  EXPECT_EQ(sampler.surroundings().zombies, 0U) << "each process is one for a moment";
  static_cast<void>(sampler.sample(1));
  EXPECT_EQ(sampler.surroundings().zombies, 1U);
  proc.remove("8");
  static_cast<void>(sampler.sample(2));
  EXPECT_EQ(sampler.surroundings().zombies, 0U);
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
}  // namespace kymo::KYMO_ABI::watch
