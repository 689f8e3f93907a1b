#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <kymo/system/cgroup_files.h>
#include <kymo/system/filesystem.h>
#include <kymo/system/process.h>
#include <kymo/system/system_options.h>
#include <kymo/system/text_scan.h>

#include "src/system/cpu.h"
#include "src/system/disk.h"
#include "src/system/host_subject.h"
#include "src/system/memory.h"
#include "src/system/network.h"
#include "src/system/pressure.h"

namespace kymo::KYMO_ABI::system {
namespace {

TEST(TextScan, GivesCompleteLinesOnly) {
  Lines lines("one\n\ntwo");
  std::string_view line;
  EXPECT_TRUE(lines.next(line));
  EXPECT_EQ(line, "one");
  EXPECT_TRUE(lines.next(line));
  EXPECT_EQ(line, "");
  EXPECT_TRUE(lines.cut_off());
  EXPECT_FALSE(lines.next(line));
}

TEST(TextScan, TakesWholeNumbersOnly) {
  std::uint64_t value = 0;
  EXPECT_TRUE(parse_whole("18446744073709551615", value));
  EXPECT_EQ(value, UINT64_MAX);
  for (const char* bad : {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0", "18446744073709551616"}) {
    EXPECT_FALSE(parse_whole(bad, value)) << bad;
  }
}

TEST(TextScan, TakesPlainDecimalsOnly) {
  double value = 0;
  EXPECT_TRUE(parse_decimal("12.50", value));
  EXPECT_EQ(value, 12.5);
  for (const char* bad : {"", "nan", "inf", "-1", "1e5", "0x1p3", "1.2.3", ".5"}) {
    EXPECT_FALSE(parse_decimal(bad, value)) << bad;
  }
}

TEST(Stat, TakesThe4ColumnsOfTheOldestKernels) {
  StatFile stat;
  EXPECT_TRUE(parse_stat("cpu  1 2 3 4\ncpu0 1 2 3 4\n", 8, stat));
  EXPECT_EQ(stat.total->busy(), 6U);
  EXPECT_EQ(stat.total->total(), 10U);
  EXPECT_FALSE(parse_stat("cpu  1 2 3\n", 8, stat));
  EXPECT_TRUE(parse_stat("cpu  1 2 3 4 5 6 7 8 9 10 11 12\n", 8, stat)) << "columns of the future";
}

TEST(Stat, KeepsNothingOfTheFileBefore) {
  StatFile stat;
  ASSERT_TRUE(parse_stat("cpu  1 2 3 4\ncpu0 1 2 3 4\nctxt 5\n", 8, stat));
  EXPECT_FALSE(parse_stat("", 8, stat));
  EXPECT_FALSE(stat.total || stat.context_switches);
  EXPECT_TRUE(stat.cpus.empty());
  EXPECT_EQ(stat.cpu_count, 0U);
}

TEST(MemInfo, NamesFieldsAsNodeExporterDoes) {
  EXPECT_EQ(node_memory_name("Active(anon)", MemoryFile::Unit::bytes), "node_memory_Active_anon_bytes");
  EXPECT_EQ(node_memory_name("HugePages_Total", MemoryFile::Unit::number), "node_memory_HugePages_Total");
  EXPECT_EQ(node_memory_name("Committed_AS", MemoryFile::Unit::bytes), "node_memory_Committed_AS_bytes");
}

TEST(MemInfo, EstimatesWhatIsAvailableOnOldKernelsAndNeverMoreThanAll) {
  MemoryFile memory;
  ASSERT_TRUE(parse_meminfo("MemTotal: 100 kB\nMemFree: 10 kB\nBuffers: 5 kB\nCached: 20 kB\n", 99, memory));
  EXPECT_EQ(available_memory(memory), 35U * 1024);
  ASSERT_TRUE(parse_meminfo("MemTotal: 100 kB\nMemAvailable: 500 kB\n", 99, memory));
  EXPECT_EQ(available_memory(memory), 100U * 1024);
  ASSERT_TRUE(parse_meminfo("MemTotal: 100 kB\n", 99, memory));
  EXPECT_FALSE(available_memory(memory));
}

TEST(Load, IsAllOrNothing) {
  EXPECT_TRUE(parse_loadavg("0.16 0.10 0.03 1/89 5355\n"));
  EXPECT_FALSE(parse_loadavg("0.16 0.10\n"));
  EXPECT_FALSE(parse_loadavg("0.16 0.10 0.03"));
  EXPECT_FALSE(parse_loadavg("0,16 0,10 0,03 1/89 5355\n"));
}

TEST(Pressure, HoldsWhatIsThere) {
  PressureFile pressure;
  EXPECT_TRUE(parse_pressure("full avg10=50.00 avg60=0.00 avg300=0.00 total=7\n", pressure));
  EXPECT_FALSE(pressure.some);
  EXPECT_EQ(pressure.full->ratio_10s, 0.5);
  EXPECT_EQ(pressure.full->total_us, 7U);
  EXPECT_FALSE(parse_pressure("some avg10=50.00\n", pressure));
  EXPECT_FALSE(parse_pressure("", pressure));
}

TEST(ProcessStat, SurvivesAnyProgramName) {
  const std::string rest = " S 9 1 1 0 -1 0 11 0 22 0 33 44 0 0 20 0 5 0 66 77 88 0\n";
  for (const std::string name : {"a", "a b", ")", "((", ") S 1 2 3 (", "new\nline", ""}) {
    const auto stat = parse_process_stat("1 (" + name + ")" + rest);
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->state, 'S');
    EXPECT_EQ(stat->parent, 9U);
    EXPECT_EQ(stat->minor_faults, 11U);
    EXPECT_EQ(stat->major_faults, 22U);
    EXPECT_EQ(stat->user_ticks, 33U);
    EXPECT_EQ(stat->system_ticks, 44U);
    EXPECT_EQ(stat->threads, 5U);
    EXPECT_EQ(stat->start_ticks, 66U);
    EXPECT_EQ(stat->virtual_bytes, 77U);
    EXPECT_EQ(stat->resident_pages, 88U);
  }
  EXPECT_FALSE(parse_process_stat("1 (a)" + rest.substr(0, rest.size() - 1))) << "cut off";
}

TEST(ProcessStatus, TakesWhatIsThere) {
  const auto status = parse_process_status(
      "Name:\ta b\nState:\tD (disk sleep)\nVmRSS:\t 8 kB\nRssAnon:\t 4 kB\n"
      "voluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n");
  EXPECT_EQ(status.state, 'D');
  EXPECT_EQ(status.resident_bytes, 8192U);
  EXPECT_EQ(status.anonymous_bytes, 4096U);
  EXPECT_EQ(status.voluntary_switches, 12U);
  EXPECT_EQ(status.involuntary_switches, 3U);
  EXPECT_EQ(parse_process_status("").state, '?');
  EXPECT_FALSE(parse_process_status("voluntary_ctxt_switches:\tx\n").voluntary_switches);
}

TEST(CpuList, CountsRanges) {
  EXPECT_EQ(count_cpu_list("0"), 1U);
  EXPECT_EQ(count_cpu_list("0-3,8,10-11"), 7U);
  for (const char* bad : {"", ",", "a", "3-1", "0-", "-3", "0-99999999999", "1,,2"}) {
    EXPECT_FALSE(count_cpu_list(bad)) << bad;
  }
}

TEST(Limits, MayBeUnlimited) {
  ProcessLimits limits;
  EXPECT_TRUE(parse_limits("Max open files            unlimited unlimited files\n", limits));
  EXPECT_FALSE(limits.open_files);
  EXPECT_FALSE(parse_limits("Max file locks 1 1\n", limits));
}

TEST(Mounts, EachDeviceOnceByItsShortestPath) {
  bool understood = false;
  const auto mounts = parse_mounts(
      "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
      "2 1 8:2 /sub /very/long/path rw - xfs /dev/sda2 rw\n"
      "3 1 8:2 / /data rw - xfs /dev/sda2 rw\n"
      "4 1 0:5 / /tmp rw - tmpfs tmpfs rw\n"
      "5 1 0:6 / /net rw - nfs4 host:/ rw\n"
      "6 5 8:3 / /net/disk rw - ext4 /dev/sdb rw\n"
      "7 1 8:4 / /network rw - ext4 /dev/sdc rw\n",
      understood);
  EXPECT_TRUE(understood);
  std::vector<std::string> paths;
  for (const Mount& mount : measurable_mounts(mounts)) paths.push_back(mount.mountpoint);
  EXPECT_EQ(paths, (std::vector<std::string>{"/", "/data", "/network"}));
}

TEST(Mounts, NothingIsAskedOnARootThatMayHang) {
  bool understood = false;
  const auto mounts =
      parse_mounts("1 0 0:9 / / rw - nfs host:/ rw\n2 1 8:2 / /data rw - xfs /dev/sda2 rw\n", understood);
  EXPECT_TRUE(measurable_mounts(mounts).empty());
}

std::vector<std::string> cgroup_directories(std::string_view cgroup, std::string_view mountinfo,
                                            std::string_view controller) {
  bool understood = false;
  const auto place =
      find_cgroup(controller, parse_memberships(cgroup, understood), parse_mounts(mountinfo, understood));
  return place ? place->directories : std::vector<std::string>{};
}

TEST(CgroupPlaces, AreFoundInEitherVersion) {
  using Paths = std::vector<std::string>;
  const std::string v2 = "9 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  EXPECT_EQ(cgroup_directories("0::/a/b\n", v2, "cpu"),
            (Paths{"/sys/fs/cgroup/a/b", "/sys/fs/cgroup/a", "/sys/fs/cgroup"}));
  EXPECT_EQ(cgroup_directories("0::/\n", v2, "cpu"), (Paths{"/sys/fs/cgroup"}));
  EXPECT_EQ(cgroup_directories("0::/../other\n", v2, "cpu"), (Paths{"/sys/fs/cgroup"}))
      << "outside of the namespace";

  const std::string v1 =
      "9 1 0:26 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n8 1 0:2 / /cg/m rw - cgroup c rw,memory\n";
  EXPECT_EQ(cgroup_directories("5:cpuacct,cpu:/x\n4:memory:/y\n0::/z\n", v1, "memory"),
            (Paths{"/cg/m/y", "/cg/m"}));
  EXPECT_EQ(cgroup_directories("5:cpuacct,cpu:/x\n", v1, "cpu"), (Paths{"/cg/cpu/x", "/cg/cpu"}));
  EXPECT_EQ(cgroup_directories("5:cpuset:/x\n", v1, "cpu"), Paths{});

  const std::string container = "9 1 0:26 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n";
  EXPECT_EQ(cgroup_directories("5:cpu:/docker/abc\n", container, "cpu"), (Paths{"/sys/fs/cgroup/cpu"}));
  EXPECT_EQ(cgroup_directories("5:cpu:/docker/abc/in\n", container, "cpu"),
            (Paths{"/sys/fs/cgroup/cpu/in", "/sys/fs/cgroup/cpu"}));
  EXPECT_EQ(cgroup_directories("5:cpu:/docker/abcdef\n", container, "cpu"), (Paths{"/sys/fs/cgroup/cpu"}))
      << "another container's group, whose name only begins the same";
}

TEST(CgroupPlaces, HaveABoundedDepth) {
  std::string path;
  for (int i = 0; i < 10000; ++i) path += "/a";
  EXPECT_LE(cgroup_directories("0::" + path + "\n", "9 1 0:26 / /cg rw - cgroup2 c rw\n", "cpu").size(), 33U);
}

TEST(CgroupLimits, KnowEveryFormOfNone) {
  EXPECT_EQ(parse_cpu_max("150000 100000\n").value, 1.5);
  EXPECT_TRUE(parse_cpu_max("max 100000\n").understood);
  EXPECT_FALSE(parse_cpu_max("max 100000\n").value);
  EXPECT_FALSE(parse_cpu_max("1 0\n").understood);
  EXPECT_FALSE(parse_cfs_quota("-1\n", "100000\n").value);
  EXPECT_EQ(parse_cfs_quota("50000\n", "100000\n").value, 0.5);
  EXPECT_TRUE(parse_limit("max\n").understood);
  EXPECT_FALSE(parse_limit("9223372036854771712\n").value);
  EXPECT_EQ(parse_limit("4096\n").value, 4096);
  EXPECT_FALSE(parse_limit("\n").understood);
}

TEST(NameFilter, KnowsThreeWildcards) {
  const auto takes = [](std::string pattern, std::string_view name) {
    return NameFilter{.include = {std::move(pattern)}, .exclude = {}}.takes(name);
  };
  EXPECT_TRUE(takes("eth0", "eth0"));
  EXPECT_FALSE(takes("eth", "eth0"));
  EXPECT_TRUE(takes("eth#", "eth12"));
  EXPECT_FALSE(takes("eth#", "eth"));
  EXPECT_FALSE(takes("eth#", "eth1a"));
  EXPECT_TRUE(takes("sd*#", "sdaa12"));
  EXPECT_FALSE(takes("sd*#", "sda"));
  EXPECT_TRUE(takes("e?p*", "enp3s0"));
  EXPECT_TRUE(takes("*", ""));
  EXPECT_TRUE(NameFilter().takes("anything"));
  EXPECT_FALSE((NameFilter{.include = {"*"}, .exclude = {"x*"}}.takes("xy")));
}

TEST(NameFilter, LeavesPartitionsOutByDefault) {
  const NameFilter disks = SystemOptions().disks;
  for (const char* disk : {"sda", "sdaa", "vda", "xvdb", "nvme0n1", "mmcblk0", "dm-0", "md127", "zram0"}) {
    EXPECT_TRUE(disks.takes(disk)) << disk;
  }
  for (const char* other :
       {"sda1", "sdaa12", "vda3", "xvdb1", "nvme0n1p2", "mmcblk0p1", "loop7", "ram0", "fd0"}) {
    EXPECT_FALSE(disks.takes(other)) << other;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::system
