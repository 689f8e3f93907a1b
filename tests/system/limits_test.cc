// Limits, intervals, switches: what the collector leaves out, and that it says so.

#include <gtest/gtest.h>

#include <chrono>
#include <new>
#include <string>

#include "collected_host.h"

namespace kymo::KYMO_ABI::system {
namespace {

using namespace std::chrono_literals;

TEST(Limits, OnCpusLeaveTheTotalWhole) {
  CollectedHost collected("6.1-128-cores", {.max_cpus = 10});
  collected.collect();
  EXPECT_EQ(collected.omitted("cpu"), 86);
  EXPECT_EQ(collected.value("kymo_system_cpu_cores"), 96);
  EXPECT_TRUE(collected.value("kymo_system_cpu_core_ratio", {{"cpu", "9"}}));
  EXPECT_FALSE(collected.value("kymo_system_cpu_core_ratio", {{"cpu", "10"}}));
  CollectedHost all("6.1-128-cores");
  all.collect();
  EXPECT_EQ(collected.value("kymo_system_cpu_ratio"), all.value("kymo_system_cpu_ratio"));
  EXPECT_EQ(all.omitted("cpu"), 0);
}

TEST(Limits, OnDevicesAreCounted) {
  SystemOptions options;
  options.max_interfaces = 2;
  options.max_filesystems = 1;
  options.max_memory_fields = 3;
  options.max_disks = 0;
  CollectedHost collected("6.1-128-cores", options);
  collected.host->replaced["/proc/diskstats"] =
      "8 0 sda 1 1 1 1 1 1 1 1 1 1 1\n8 16 sdb 1 1 1 1 1 1 1 1 1 1 1\n";
  const auto snapshot = collected.collect();
  EXPECT_EQ(collected.omitted("network"), 3);
  EXPECT_EQ(collected.omitted("filesystem"), 1);
  EXPECT_EQ(collected.omitted("memory"), 1);
  EXPECT_EQ(collected.omitted("disk"), 2);
  EXPECT_EQ(snapshot->find("node_network_receive_bytes_total")->size(), 2U);
  EXPECT_EQ(snapshot->find("node_disk_io_now"), nullptr);
  EXPECT_EQ(collected.value("kymo_system_memory_total_bytes"), 1082147340288);
  collected.collect_after(1s);
  EXPECT_EQ(collected.omitted("filesystem"), 1) << "also in a reading that keeps the last filesystems";
}

TEST(Filters, TakeAndLeaveDevices) {
  SystemOptions options;
  options.disks = {.include = {"nvme*", "loop#"}, .exclude = {"nvme*p#"}};
  options.interfaces = {.include = {}, .exclude = {"lo"}};
  options.mountpoints = {.include = {"/"}, .exclude = {}};
  CollectedHost collected("5.15-container", options);
  const auto snapshot = collected.collect();
  EXPECT_TRUE(collected.value("node_disk_io_now", {{"device", "loop0"}}));
  EXPECT_TRUE(collected.value("node_disk_io_now", {{"device", "nvme0n1"}}));
  EXPECT_FALSE(collected.value("node_disk_io_now", {{"device", "nvme0n1p1"}}));
  EXPECT_FALSE(collected.value("node_network_receive_bytes_total", {{"device", "lo"}}));
  EXPECT_EQ(snapshot->find("node_filesystem_readonly")->size(), 1U);
  EXPECT_EQ(collected.omitted("disk"), 0) << "what nobody wanted is not cut";
}

TEST(Switches, LeaveOutWholeSubjects) {
  SystemOptions options;
  options.cpu = options.memory = options.load = options.pressure = options.disk = options.filesystem = false;
  options.network = options.cgroup = false;
  CollectedHost collected("5.15-container", options);
  const auto snapshot = collected.collect();
  for (const FamilySnapshot& family : snapshot->families) {
    const std::string& name = family.descriptor().name;
    EXPECT_TRUE(name.starts_with("process_") || name.starts_with("kymo_process_") ||
                name.starts_with("kymo_collector_") || name == "node_uname_info")
        << name;
  }
  EXPECT_EQ(collected.value("process_start_time_seconds"), 1700004000);
  EXPECT_EQ(collected.value("process_threads"), 9);
}

TEST(NodeMemoryChoice, DecidesOnNodeExportersNamesOnly) {
  CollectedHost clean("5.15-container", {.node_memory = NodeMemory::lint_clean});
  clean.collect();
  EXPECT_FALSE(clean.value("node_memory_MemTotal_bytes"));
  EXPECT_TRUE(clean.value("node_memory_Cached_bytes"));
  EXPECT_TRUE(clean.value("kymo_system_memory_total_bytes"));
  CollectedHost none("5.15-container", {.node_memory = NodeMemory::none});
  none.collect();
  EXPECT_FALSE(none.value("node_memory_Cached_bytes"));
  EXPECT_TRUE(none.value("kymo_system_memory_used_ratio"));
}

TEST(Intervals, KeepCostlyReadingsRare) {
  CollectedHost collected("5.15-container");
  for (int second = 0; second < 25; ++second) collected.collect_after(1s);
  EXPECT_EQ(collected.host->reads["/proc/self/smaps_rollup"], 3) << "at 0, 10 and 20 s";
  EXPECT_EQ(collected.host->reads["/proc/self/cgroup"], 3);
  EXPECT_EQ(collected.host->space_calls, 3 * 3);
  EXPECT_EQ(collected.host->reads["/proc/self/stat"], 26);
  EXPECT_EQ(collected.value("process_proportional_memory_bytes"), 92160000) << "kept between readings";
}

TEST(Intervals, WithoutEndMeanOneReading) {
  constexpr auto kNever = std::chrono::milliseconds::max();
  CollectedHost collected("5.15-container", {.rate_interval = kNever,
                                             .filesystem_interval = kNever,
                                             .memory_map_interval = kNever,
                                             .cgroup_interval = kNever});
  for (int day = 0; day < 3; ++day) collected.collect_after(24h);
  EXPECT_EQ(collected.host->reads["/proc/self/smaps_rollup"], 1);
  EXPECT_EQ(collected.host->reads["/proc/self/cgroup"], 1);
  EXPECT_EQ(collected.host->space_calls, 3);
}

/// A host on which walking the process' pages takes 50 ms.
class SlowMaps final : public Host {
 public:
  SlowMaps(std::shared_ptr<ManualClock> clock, int& walks)
      : golden_(std::string(KYMO_GOLDEN) + "/5.15-container"), clock_(std::move(clock)), walks_(walks) {}

  base::ReadResult read(std::string_view path, std::string& text) override {
    if (path == "/proc/self/smaps_rollup") ++walks_, clock_->advance(50ms);
    if (path == "/proc/loadavg") throw std::bad_alloc();
    return golden_.read(path, text);
  }
  std::optional<FileSystemSpace> space(const std::string& mountpoint) override {
    return golden_.space(mountpoint);
  }
  std::optional<std::uint64_t> open_files() override { return golden_.open_files(); }
  std::optional<ResourceUsage> usage() override { return golden_.usage(); }
  HostIdentity identity() override { return golden_.identity(); }
  std::optional<double> boot_seconds() override { return golden_.boot_seconds(); }
  std::uint64_t ticks_per_second() const noexcept override { return 100; }
  std::uint64_t page_bytes() const noexcept override { return 4096; }

 private:
  GoldenHost golden_;
  std::shared_ptr<ManualClock> clock_;
  int& walks_;
};

TEST(Intervals, StretchSoThatWalksTakeAThousandthOfTheTime) {
  const auto clock = std::make_shared<ManualClock>();
  int walks = 0;
  SystemCollector collector({}, clock, std::make_unique<SlowMaps>(clock, walks));
  for (int second = 0; second < 120; ++second) {
    clock->advance(1s);
    SnapshotBuilder builder;
    collector.collect(builder);
  }
  EXPECT_EQ(walks, 3) << "50 ms each: one in 50 s";
}

TEST(Isolation, ASubjectThatThrowsIsCountedAndTheOthersGoOn) {
  const auto clock = std::make_shared<ManualClock>();
  int walks = 0;
  SystemCollector collector({}, clock, std::make_unique<SlowMaps>(clock, walks));
  SnapshotBuilder builder;
  collector.collect(builder);
  const auto snapshot = builder.finish();
  EXPECT_EQ(to_double(snapshot->find("kymo_collector_errors_total", {{"collector", "load"}})->number), 2);
  EXPECT_FALSE(snapshot->find("node_load1", {}));
  EXPECT_TRUE(snapshot->find("node_procs_running", {}));
  EXPECT_TRUE(snapshot->find("process_threads", {}));
}

TEST(Errors, AreNotCountedForWhatNotEveryKernelHas) {
  CollectedHost collected("5.15-container", {}, [](GoldenHost& host) {
    host.removed = {"/proc/pressure/cpu",      "/proc/pressure/memory", "/proc/pressure/io",
                    "/proc/self/smaps_rollup", "/proc/self/io",         "/proc/diskstats",
                    "/proc/self/cgroup"};
  });
  const auto snapshot = collected.collect();
  for (const char* subject : {"pressure", "process", "disk", "cgroup"}) {
    EXPECT_EQ(collected.collector_errors(subject), 0) << subject;
  }
  EXPECT_EQ(snapshot->find("kymo_system_pressure_ratio"), nullptr);
  EXPECT_EQ(snapshot->find("process_proportional_memory_bytes"), nullptr);
  EXPECT_EQ(collected.value("kymo_system_cpu_limit_cores"), 3) << "the affinity mask is left";
}

TEST(Errors, AreCountedForWhatIsThereAndCannotBeRead) {
  CollectedHost collected("5.15-container");
  collected.host->unreadable = {"/proc/pressure/cpu", "/proc/self/io"};
  collected.host->replaced["/proc/meminfo"] = "garbage";
  collected.host->open_file_count.reset();
  collected.collect_after(1s);
  EXPECT_EQ(collected.collector_errors("pressure"), 1);
  EXPECT_EQ(collected.collector_errors("process"), 2);
  EXPECT_EQ(collected.collector_errors("memory"), 1);
  EXPECT_FALSE(collected.value("process_io_read_bytes_total"));
  EXPECT_FALSE(collected.value("kymo_system_memory_total_bytes"));
  EXPECT_FALSE(collected.value("kymo_system_memory_limit_bytes"));
  EXPECT_TRUE(collected.value("node_pressure_io_waiting_seconds_total"));
}

/// Groups of version 2 above one another, the process in the last, each with its quota and its counts.
class NestedGroups {
 public:
  static constexpr auto kHost = "6.1-128-cores";  // the process is in /system.slice/voice.service

  NestedGroups() : collected_(kHost) {}

  void put(const std::string& group, const std::string& max, unsigned periods, unsigned throttled) {
    const std::string folder = "/sys/fs/cgroup" + group;
    if (!max.empty()) collected_.host->replaced[folder + "/cpu.max"] = max + " 100000\n";
    collected_.host->replaced[folder + "/cpu.stat"] =
        "usage_usec 5000000\nnr_periods " + std::to_string(periods) + "\nnr_throttled " +
        std::to_string(throttled) + "\nthrottled_usec " + std::to_string(throttled * 10'000) + "\n";
  }
  CollectedHost& look() {
    collected_.collect_after(11s);
    return collected_;
  }

 private:
  CollectedHost collected_;
};

TEST(Cgroup, ThrottlingIsThatOfTheGroupThatLimits) {
  NestedGroups groups;
  groups.put("/system.slice/voice.service", "max", 0, 0);
  groups.put("/system.slice", "50000", 700, 300);
  const CollectedHost& above = groups.look();
  EXPECT_EQ(above.value("kymo_cgroup_cpu_limit_cores"), 0.5);
  EXPECT_EQ(above.value("kymo_cgroup_cpu_periods_total"), 700);
  EXPECT_EQ(above.value("kymo_cgroup_cpu_throttled_periods_total"), 300);
  EXPECT_EQ(above.value("kymo_cgroup_cpu_throttled_seconds_total"), 3);
  EXPECT_EQ(above.value("kymo_cgroup_cpu_seconds_total"), 5) << "the group's own";

  groups.put("/system.slice/voice.service", "20000", 90, 10);
  const CollectedHost& own = groups.look();
  EXPECT_EQ(own.value("kymo_cgroup_cpu_limit_cores"), 0.2);
  EXPECT_EQ(own.value("kymo_cgroup_cpu_throttled_periods_total"), 10) << "the smaller quota";

  groups.put("/system.slice/voice.service", "20000", 90, 0);
  const CollectedHost& shared = groups.look();
  EXPECT_EQ(shared.value("kymo_cgroup_cpu_limit_cores"), 0.2);
  EXPECT_EQ(shared.value("kymo_cgroup_cpu_throttled_periods_total"), 300)
      << "a larger quota that others use up";
}

TEST(Cgroup, ThrottlingOfAGroupAboveIsSeenInVersion1) {
  CollectedHost collected("6.18-hybrid-cgroups", {}, [](GoldenHost& host) {
    host.replaced["/proc/self/cgroup"] =
        "4:memory:/pod/voice\n3:pids:/pod/voice\n2:cpuacct:/\n1:cpu:/pod/voice\n0::/\n";
    const auto put = [&](const std::string& path, const std::string& text) {
      host.replaced["/sys/fs/cgroup/" + path] = text + "\n";
    };
    put("cpu/pod/voice/cpu.cfs_quota_us", "-1");
    put("cpu/pod/voice/cpu.cfs_period_us", "100000");
    put("cpu/pod/voice/cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_time 0");
    put("cpu/pod/cpu.cfs_quota_us", "150000");
    put("cpu/pod/cpu.cfs_period_us", "100000");
    put("cpu/pod/cpu.stat", "nr_periods 40\nnr_throttled 20\nthrottled_time 1500000000");
    put("cpuacct/cpuacct.usage", "5000000000");
    put("memory/pod/voice/memory.limit_in_bytes", "9223372036854771712");
    put("memory/pod/memory.limit_in_bytes", "4096000");
    put("pids/pod/voice/pids.current", "3");
    put("pids/pod/voice/pids.max", "max");
    put("pids/pod/pids.max", "100");
  });
  collected.collect();
  EXPECT_EQ(collected.value("kymo_cgroup_cpu_limit_cores"), 1.5);
  EXPECT_EQ(collected.value("kymo_cgroup_cpu_throttled_periods_total"), 20);
  EXPECT_EQ(collected.value("kymo_cgroup_cpu_throttled_seconds_total"), 1.5);
  EXPECT_EQ(collected.value("kymo_cgroup_cpu_seconds_total"), std::nullopt) << "that of another group";
  EXPECT_EQ(collected.value("kymo_cgroup_memory_limit_bytes"), 4096000);
  EXPECT_EQ(collected.value("kymo_cgroup_pids_limit"), 100);
  EXPECT_EQ(collected.collector_errors("cgroup"), 0);
}

TEST(Cgroup, MemoryEventsAreThoseOfTheGroupThatLimits) {
  CollectedHost collected("6.1-128-cores", {}, [](GoldenHost& host) {
    host.replaced["/sys/fs/cgroup/system.slice/memory.max"] = "1048576\n";
    host.replaced["/sys/fs/cgroup/system.slice/memory.events"] = "max 12\noom 2\n";
    host.replaced["/sys/fs/cgroup/system.slice/voice.service/memory.events"] = "max 0\noom 0\n";
  });
  collected.collect();
  EXPECT_EQ(collected.value("kymo_cgroup_memory_limit_bytes"), 1048576);
  EXPECT_EQ(collected.value("kymo_cgroup_memory_events_total", {{"type", "max"}}), 12);
}

TEST(Cgroup, IsFoundInTheMountThatShowsMostOfIt) {
  CollectedHost collected("6.1-128-cores", {}, [](GoldenHost& host) {
    host.replaced["/proc/self/mountinfo"] =
        "28 1 0:26 /other /mnt/other rw - cgroup2 cgroup2 rw\n"
        "29 1 0:26 /system.slice/voice.service /mnt/own rw - cgroup2 cgroup2 rw\n"
        "30 29 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  });
  collected.collect();
  EXPECT_EQ(collected.value("kymo_cgroup_cpu_limit_cores"), 64) << "the quota of system.slice";
}

TEST(Cgroup, RatioIsNotKeptWhereUsageFellOrIsAnotherGroups) {
  CollectedHost collected("5.15-container");
  const auto ratio_at = [&](const std::string& usage) {
    collected.host->replaced["/sys/fs/cgroup/cpu.stat"] = "usage_usec " + usage + "\n";
    collected.collect_after(1s);
    return collected.value("kymo_cgroup_cpu_ratio");
  };
  static_cast<void>(ratio_at("1000000"));
  EXPECT_EQ(ratio_at("2500000"), 1);
  EXPECT_EQ(ratio_at("1000"), std::nullopt);
  EXPECT_EQ(ratio_at("1501000"), 1);
}

TEST(Cgroup, LimitsThatChangeAreSeen) {
  CollectedHost collected("5.15-container");
  collected.collect();
  EXPECT_EQ(collected.value("kymo_system_cpu_limit_cores"), 1.5);
  collected.host->replaced["/sys/fs/cgroup/cpu.max"] = "max 100000\n";
  collected.host->replaced["/sys/fs/cgroup/memory.max"] = "max\n";
  collected.collect_after(11s);
  EXPECT_EQ(collected.value("kymo_system_cpu_limit_cores"), 3) << "4 CPUs, 3 in the affinity mask";
  EXPECT_FALSE(collected.value("kymo_cgroup_cpu_limit_cores"));
  EXPECT_EQ(collected.value("kymo_system_memory_limit_bytes"), 16777216000);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::system
