// The collector on the machine that runs the test.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

#include <kymo/core/snapshot_builder.h>
#include <kymo/system/host.h>
#include <kymo/system/system_collector.h>

namespace kymo::KYMO_ABI::system {
namespace {

std::shared_ptr<const Snapshot> collect(SystemCollector& collector) {
  SnapshotBuilder builder;
  collector.collect(builder);
  const auto snapshot = builder.finish();
  EXPECT_EQ(builder.errors(), 0U);
  return snapshot;
}

double value(const Snapshot& snapshot, std::string_view name) {
  const auto point = snapshot.find(name, {});
  EXPECT_TRUE(point) << name;
  return point ? to_double(point->number) : -1;
}

std::ptrdiff_t open_descriptors() {
  const auto entries = std::filesystem::directory_iterator("/proc/self/fd");
  return std::distance(begin(entries), end(entries));
}

double thread_cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

TEST(LinuxHost, TellsWhenThisProcessStarted) {
  const auto unix_now = [] {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  };
  SystemCollector collector;
  const double start = value(*collect(collector), "process_start_time_seconds");
  EXPECT_LE(start, unix_now());
  EXPECT_GE(start, unix_now() - 3600) << "a test does not run for an hour";
  EXPECT_EQ(value(*collect(collector), "process_start_time_seconds"), start);
}

TEST(LinuxHost, IsReadWithoutErrors) {
  SystemCollector collector;
  const auto snapshot = collect(collector);
  const FamilySnapshot* errors = snapshot->find("kymo_collector_errors_total");
  ASSERT_NE(errors, nullptr);
  for (std::size_t i = 0; i < errors->size(); ++i) {
    EXPECT_EQ(to_double(errors->point(i).number), 0) << errors->point(i).labels.text();
  }
  EXPECT_GT(value(*snapshot, "kymo_system_memory_total_bytes"), 0);
  EXPECT_EQ(value(*snapshot, "kymo_system_cpu_cores"),
            static_cast<double>(std::thread::hardware_concurrency()));
}

TEST(LinuxHost, FirstRatioIsTheAverageSinceBoot) {
  // However long a busy machine takes from the first reading to the second, it is the first one's ratio.
  SystemCollector collector({.rate_interval = std::chrono::hours(1)});
  const double ratio = value(*collect(collector), "kymo_system_cpu_ratio");
  EXPECT_GT(ratio, 0);
  EXPECT_LT(ratio, 1);
}

TEST(LinuxHost, ProcessCpuRatioSeesABusyThread) {
  SystemCollector collector({.rate_interval = std::chrono::milliseconds(0)});
  const auto began = std::chrono::steady_clock::now();  // before: this thread may have to wait behind
  collect(collector);
  const double start = thread_cpu_seconds();
  while (thread_cpu_seconds() - start < 0.05) {
  }
  const double ratio = value(*collect(collector), "kymo_process_cpu_ratio");
  const double longest = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  EXPECT_GE(ratio, 0.05 / longest * 0.99) << "50 ms of CPU in at most this time";
}

TEST(LinuxHost, KeepsItsDescriptorsAndAddsNone) {
  SystemOptions options;
  options.filesystem_interval = options.memory_map_interval = options.cgroup_interval =
      std::chrono::milliseconds(0);
  const auto before = open_descriptors();
  {
    SystemCollector collector(options);
    collect(collector);
    const auto first = open_descriptors();
    for (int i = 0; i < 50; ++i) collect(collector);
    EXPECT_EQ(open_descriptors(), first);
    EXPECT_LE(first - before, 48);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(LinuxHost, CountsDescriptorsAsTheFolderShowsThem) {
  const auto host = make_linux_host({});
  EXPECT_EQ(host->open_files(), static_cast<std::uint64_t>(open_descriptors() - 1))
      << "less the one that lists them";
}

TEST(LinuxHost, AForkedChildMeasuresItself) {
  SystemCollector collector;
  const double alone = value(*collect(collector), "process_threads");
  std::promise<void> end;
  std::thread second([stop = end.get_future()]() mutable { stop.wait(); });
  const double with_second = value(*collect(collector), "process_threads");
  EXPECT_GT(with_second, alone) << "the thread sanitizer may add one of its own";
  const pid_t child = ::fork();
  if (child == 0) {
    const auto threads =
        collect(collector)->find("process_threads", {});  // only the thread that forks lives on
    ::_exit(threads && to_double(threads->number) < with_second ? 0 : 1);
  }
  end.set_value();
  second.join();
  ASSERT_GT(child, 0);
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(LinuxHost, WorksWithRootsThatAreNotThere) {
  SystemOptions options;
  options.proc_root = options.sys_root = "/nonexistent";
  SystemCollector collector(options);
  const auto snapshot = collect(collector);
  EXPECT_EQ(snapshot->find("node_load1"), nullptr);
  EXPECT_GT(to_double(snapshot->find("kymo_collector_errors_total", {{"collector", "load"}})->number), 0);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::system
