#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <kymo/system/rate.h>

#include "collected_host.h"

namespace kymo::KYMO_ABI::system {
namespace {

using namespace std::chrono_literals;

constexpr auto kReceiveRate = "kymo_system_network_receive_bytes_per_second";
constexpr auto kDeviceRate = "kymo_system_network_device_receive_bytes_per_second";
constexpr auto kCoreRatio = "kymo_system_cpu_core_ratio";

/// /proc/net/dev with one line for each interface and what it received.
std::string interfaces(std::initializer_list<std::pair<const char*, const char*>> lines) {
  std::string text = "Inter-|   Receive |  Transmit\n face |bytes|bytes\n";
  for (const auto& [name, bytes] : lines) {
    text += std::string(name) + ": " + bytes + " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
  }
  return text;
}

void put_interfaces(GoldenHost& host, std::initializer_list<std::pair<const char*, const char*>> lines) {
  host.replaced["/proc/net/dev"] = interfaces(lines);
}

TEST(CounterGrowth, CountsAWrapAsGoingOnAndAnyOtherFallAsABeginning) {
  EXPECT_EQ(counter_growth(5, 5), 0U);
  EXPECT_EQ(counter_growth(5, 9), 4U);
  EXPECT_EQ(counter_growth(0xFFFF'FFF0U, 0x10), 0x20U);
  EXPECT_EQ(counter_growth(0xC000'0000U, 0x3FFF'FFFFU), 0x7FFF'FFFFU);
  EXPECT_EQ(counter_growth(0xBFFF'FFFFU, 7), 7U) << "not near the end of 32 bits: it began anew";
  EXPECT_EQ(counter_growth(0xFFFF'FFF0U, 0x4000'0000U), 0x4000'0000U) << "too far for one interval";
  EXPECT_EQ(counter_growth(0x1'0000'0000U, 3), 3U) << "a 64-bit counter does not wrap at 32";
  EXPECT_EQ(counter_growth(UINT64_MAX, 0), 0U);
}

TEST(Rates, AreTheAverageSinceBootUntilTheIntervalHasPassed) {
  CollectedHost collected("5.15-container");
  collected.collect_after(99ms);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_cpu_ratio"), 158800.0 / 2000000);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 5000000.0 / 5000);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_process_cpu_ratio"), 12.51 / 1000);
  EXPECT_FALSE(collected.value("kymo_cgroup_cpu_ratio")) << "nobody knows how old the group is";
}

TEST(Rates, SpanFromTheConstructionToTheFirstCollectThatIsDue) {
  CollectedHost collected("5.15-container", {},
                          [](GoldenHost& host) { put_interfaces(host, {{"eth0", "1000"}}); });
  put_interfaces(*collected.host, {{"eth0", "3000"}});
  collected.host->resource_usage->cpu_seconds += 1.0;
  collected.host->replaced["/sys/fs/cgroup/cpu.stat"] = "usage_usec 126456789\n";
  collected.collect_after(2s);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 1000);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_process_cpu_ratio"), 0.5);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_cgroup_cpu_ratio"), 1.0) << "3 s in 2 s with 1.5 cores";
}

TEST(Rates, StayAsTheyWereWhenAskedTooOftenWhileCountersGoOn) {
  CollectedHost collected("5.15-container", {},
                          [](GoldenHost& host) { put_interfaces(host, {{"eth0", "0"}}); });
  put_interfaces(*collected.host, {{"eth0", "1000"}});
  collected.collect_after(1s);
  put_interfaces(*collected.host, {{"eth0", "9000"}});
  collected.collect_after(50ms);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 1000);
  EXPECT_DOUBLE_EQ(*collected.value("node_network_receive_bytes_total", {{"device", "eth0"}}), 9000);
  collected.collect_after(950ms);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 8000) << "nothing that came between is lost";
}

TEST(Rates, AreNeverNegativeWhenACounterFalls) {
  CollectedHost collected("5.15-container", {},
                          [](GoldenHost& host) { put_interfaces(host, {{"eth0", "5000"}}); });
  put_interfaces(*collected.host, {{"eth0", "700"}});
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 700);
}

TEST(Rates, GoOnOverA32BitWrap) {
  CollectedHost collected("5.15-container", {},
                          [](GoldenHost& host) { put_interfaces(host, {{"eth0", "4294967000"}}); });
  put_interfaces(*collected.host, {{"eth0", "704"}});
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 1000);
}

TEST(Rates, OfAnInterfaceThatComesStartWithItsSecondReadingAndEndWhenItGoes) {
  CollectedHost collected("5.15-container", {},
                          [](GoldenHost& host) { put_interfaces(host, {{"eth0", "0"}}); });
  put_interfaces(*collected.host, {{"eth0", "100"}, {"eth1", "1000000000"}});
  collected.collect_after(1s);
  EXPECT_FALSE(collected.value(kDeviceRate, {{"device", "eth1"}}));
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 100) << "what it had before is nobody's traffic now";
  put_interfaces(*collected.host, {{"eth0", "200"}, {"eth1", "1000000500"}});
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value(kDeviceRate, {{"device", "eth1"}}), 500);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 600);
  put_interfaces(*collected.host, {{"eth0", "300"}});
  collected.collect_after(1s);
  EXPECT_FALSE(collected.value(kDeviceRate, {{"device", "eth1"}}));
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 100);
}

TEST(Rates, LeaveOutOfTheTotalWhatOtherInterfacesCount) {
  CollectedHost collected("5.15-container", {}, [](GoldenHost& host) {
    put_interfaces(host, {{"lo", "0"}, {"eth0", "0"}, {"docker0", "0"}, {"eth0.7", "0"}, {"bond0", "0"}});
  });
  put_interfaces(*collected.host,
                 {{"lo", "1"}, {"eth0", "20"}, {"docker0", "300"}, {"eth0.7", "4000"}, {"bond0", "50000"}});
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 20);
  EXPECT_DOUBLE_EQ(*collected.value(kDeviceRate, {{"device", "docker0"}}), 300);
}

/// A host whose interfaces have received what is told, each a second later than the last.
std::optional<double> total_rate(std::initializer_list<std::pair<const char*, const char*>> first,
                                 std::initializer_list<std::pair<const char*, const char*>> second,
                                 const NameFilter& filter = SystemOptions{}.network_total) {
  SystemOptions options;
  options.network_total = filter;
  CollectedHost collected("5.15-container", options);
  put_interfaces(*collected.host, first);
  collected.collect_after(1s);
  collected.collect_after(1s);
  put_interfaces(*collected.host, second);
  collected.collect_after(1s);
  return collected.value(kReceiveRate);
}

TEST(Rates, CountInTheTotalAllButTheLoopbackWhereNoOtherIsLeft) {
  EXPECT_EQ(total_rate({{"lo", "0"}, {"tap0", "0"}}, {{"lo", "7"}, {"tap0", "500"}}), 500);
  EXPECT_EQ(
      total_rate({{"lo", "0"}, {"wg0", "0"}, {"tun3", "0"}}, {{"lo", "7"}, {"wg0", "20"}, {"tun3", "300"}}),
      320);
  EXPECT_EQ(total_rate({{"sit0", "0"}, {"ip6tnl0", "0"}, {"bond0", "0"}},
                       {{"sit0", "0"}, {"ip6tnl0", "0"}, {"bond0", "9"}}),
            9)
      << "tunnels that every kernel has are no way out of their own";
  EXPECT_EQ(total_rate({{"lo", "0"}}, {{"lo", "7"}}), std::nullopt);
  EXPECT_EQ(total_rate({{"tap0", "0"}, {"eth0", "0"}}, {{"tap0", "500"}, {"eth0", "3"}}), 3);
  EXPECT_EQ(total_rate({{"lo", "0"}, {"tap0", "0"}}, {{"lo", "7"}, {"tap0", "500"}},
                       {.include = {"eth#"}, .exclude = {}}),
            std::nullopt)
      << "who lists names wants no others";
}

TEST(Rates, TakeTheirTimeFromTheMonotonicClock) {
  CollectedHost collected("5.15-container", {},
                          [](GoldenHost& host) { put_interfaces(host, {{"eth0", "0"}}); });
  put_interfaces(*collected.host, {{"eth0", "1000"}});
  collected.clock->advance_system(-24h);
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 1000);
  put_interfaces(*collected.host, {{"eth0", "2000"}});
  collected.clock->advance_system(
      48h);  // as after a suspend: the wall clock went on, the monotonic one did not
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 1000);
}

TEST(Rates, KeepTheirValueWhenTheMonotonicClockStandsStillOrGoesBack) {
  CollectedHost collected("5.15-container", {},
                          [](GoldenHost& host) { put_interfaces(host, {{"eth0", "0"}}); });
  put_interfaces(*collected.host, {{"eth0", "1000"}});
  collected.collect_after(1s);
  put_interfaces(*collected.host, {{"eth0", "5000"}});
  collected.collect_after(-10s);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 1000);
}

TEST(Rates, SpanAGapWhereTheFileCouldNotBeRead) {
  CollectedHost collected("5.15-container", {},
                          [](GoldenHost& host) { put_interfaces(host, {{"eth0", "0"}}); });
  collected.host->unreadable.insert("/proc/net/dev");
  collected.collect_after(1s);
  EXPECT_FALSE(collected.value(kReceiveRate));
  EXPECT_FALSE(collected.value("node_network_receive_bytes_total", {{"device", "eth0"}}));
  EXPECT_EQ(collected.collector_errors("network"), 1);
  collected.host->unreadable.clear();
  put_interfaces(*collected.host, {{"eth0", "4000"}});
  collected.collect_after(1s);
  EXPECT_FALSE(collected.value(kReceiveRate)) << "it is as new: better no rate than one over the wrong time";
  put_interfaces(*collected.host, {{"eth0", "4100"}});
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value(kReceiveRate), 100);
}

void put_cpus(GoldenHost& host, const std::string& lines) {
  host.replaced["/proc/stat"] = lines + "btime 1\n";
}

TEST(CpuRatio, HasPsutilsMeaning) {
  CollectedHost collected("5.15-container", {}, [](GoldenHost& host) {
    put_cpus(host, "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n");
  });
  // user 10 (of it guest 4), nice 20 (of it guest_nice 5), system 30, idle 100, iowait 40, irq 1, softirq 2,
  // steal 7
  put_cpus(*collected.host, "cpu  10 20 30 100 40 1 2 7 4 5\ncpu0 10 20 30 100 40 1 2 7 4 5\n");
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_cpu_ratio"), 70.0 / 210.0);
  EXPECT_DOUBLE_EQ(*collected.value(kCoreRatio, {{"cpu", "0"}}), 70.0 / 210.0);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_effective_cores"), 70.0 / 210.0);
}

TEST(CpuRatio, OfAModeThatFallsIsThatOfTheOthers) {
  const auto ratio = [](const std::string& before, const std::string& now) {
    CollectedHost collected("5.15-container", {}, [](GoldenHost& host) { put_cpus(host, "cpu  0 0 0 0\n"); });
    for (const std::string& times : {std::string("1 0 0 1"), before, now}) {
      put_cpus(*collected.host, "cpu  " + times + "\ncpu0 " + times + "\n");
      collected.collect_after(1s);
    }
    EXPECT_EQ(collected.value(kCoreRatio, {{"cpu", "0"}}), collected.value("kymo_system_cpu_ratio"));
    return *collected.value("kymo_system_cpu_ratio");
  };
  // user, nice, system, idle, iowait, irq, softirq, steal
  EXPECT_DOUBLE_EQ(ratio("500 0 100 500 50 0 0 50", "490 0 130 570 50 0 0 50"), 0.3) << "user";
  EXPECT_DOUBLE_EQ(ratio("500 0 100 500 50 0 0 50", "520 0 90 580 50 0 0 50"), 0.2) << "system";
  EXPECT_DOUBLE_EQ(ratio("500 0 100 500 50 0 0 50", "530 0 100 570 10 0 0 50"), 0.3) << "iowait";
  EXPECT_DOUBLE_EQ(ratio("500 0 100 500 50 0 0 50", "530 0 100 400 120 0 0 50"), 0.3) << "idle";
  EXPECT_DOUBLE_EQ(ratio("500 0 100 500 50 0 0 50", "530 0 100 570 50 0 0 20"), 0.3) << "steal";
  EXPECT_DOUBLE_EQ(ratio("500 0 100 500 50 0 0 50", "530 0 100 570 50 0 0 18446744073709551600"), 0.3)
      << "steal below zero";
  EXPECT_DOUBLE_EQ(ratio("500 0 100 500 50 0 0 50", "400 0 100 600 50 0 0 50"), 0) << "nothing else ran";
}

TEST(CpuRatio, KeepsItsValueWhileCpuTimeStandsStill) {
  CollectedHost collected("5.15-container", {}, [](GoldenHost& host) { put_cpus(host, "cpu  0 0 0 0\n"); });
  put_cpus(*collected.host, "cpu  50 0 0 50\n");
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_cpu_ratio"), 0.5);
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_cpu_ratio"), 0.5);
}

TEST(CpuRatio, SurvivesACpuThatIsSwitchedOffAndOn) {
  CollectedHost collected("5.15-container", {}, [](GoldenHost& host) {
    put_cpus(host, "cpu  200 0 0 200\ncpu0 100 0 0 100\ncpu1 100 0 0 100\n");
  });
  put_cpus(*collected.host, "cpu  250 0 0 250\ncpu0 150 0 0 150\n");
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_cpu_cores"), 1);
  EXPECT_FALSE(collected.value(kCoreRatio, {{"cpu", "1"}}));
  EXPECT_FALSE(collected.value("node_cpu_seconds_total", {{"cpu", "1"}, {"mode", "user"}}));
  put_cpus(*collected.host, "cpu  300 0 0 300\ncpu0 200 0 0 200\ncpu1 3 0 0 0\n");
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_cpu_cores"), 2);
  EXPECT_FALSE(collected.value(kCoreRatio, {{"cpu", "1"}})) << "one reading makes no ratio";
  EXPECT_DOUBLE_EQ(*collected.value("node_cpu_seconds_total", {{"cpu", "1"}, {"mode", "user"}}), 0.03);
  put_cpus(*collected.host, "cpu  400 0 0 400\ncpu0 250 0 0 250\ncpu1 28 0 0 75\n");
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value(kCoreRatio, {{"cpu", "1"}}), 0.25);
}

TEST(CpuRatio, StaysBetween0And1WhateverTheCountersDo) {
  CollectedHost collected("5.15-container", {},
                          [](GoldenHost& host) { put_cpus(host, "cpu  500 0 0 500\n"); });
  for (const char* line : {"cpu  510 0 0 495\n", "cpu  0 0 0 0\n", "cpu  18446744073709551615 0 0 1\n",
                           "cpu  5 18446744073709551615 0 18446744073709551615\n", "cpu  9 9 9 9\n"}) {
    put_cpus(*collected.host, line);
    collected.collect_after(1s);
    EXPECT_GE(*collected.value("kymo_system_cpu_ratio"), 0) << line;
    EXPECT_LE(*collected.value("kymo_system_cpu_ratio"), 1) << line;
  }
}

TEST(CpuTime, DoesNotGoBackWhenTheKernelMovesAnIdlePeriodBetweenIdleAndIowait) {
  CollectedHost collected("5.15-container", {}, [](GoldenHost& host) {
    put_cpus(host, "cpu  0 0 0 1000 100\ncpu0 0 0 0 1000 100\n");
  });
  put_cpus(*collected.host, "cpu  0 0 0 1100 60\ncpu0 0 0 0 1100 60\n");
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value("node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "iowait"}}), 1.0);
  EXPECT_DOUBLE_EQ(*collected.value("node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "idle"}}), 11.0);
  put_cpus(*collected.host, "cpu  0 0 0 5 1\ncpu0 0 0 0 5 1\n");
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value("node_cpu_seconds_total", {{"cpu", "0"}, {"mode", "idle"}}), 0.05)
      << "a large step is a CPU that came back anew";
}

TEST(KernelCounts, ThatFellBelowZeroAreZero) {
  CollectedHost collected("5.15-container");
  GoldenHost& host = *collected.host;
  for (const char* in_flight : {"4294967295", "4294967290", "18446744073709551615"}) {
    host.replaced["/proc/diskstats"] =
        std::string("   8 0 sda 7 0 4294967295 0 0 0 2000 0 ") + in_flight + " 5 6\n";
    host.replaced["/proc/stat"] =
        std::string("cpu  1 1 1 1 1 1 1 18446744073709551610\nbtime 1\nprocs_running ") + in_flight +
        "\nprocs_blocked " + in_flight + "\n";
    host.replaced["/proc/net/dev"] = interfaces({{"eth0", "18446744073709551615"}});
    host.replaced["/proc/meminfo"] =
        "MemTotal: 100 kB\nMemFree: 18446744073709551612 kB\n"
        "HugePages_Rsvd: 18446744073709551615\n";
    host.replaced["/sys/fs/cgroup/memory.current"] = "18446744073709547520\n";
    host.replaced["/sys/fs/cgroup/pids.current"] = "18446744073709551615\n";
    host.replaced["/sys/fs/cgroup/cpu.stat"] =
        "usage_usec 5\nnr_throttled 1\nthrottled_usec 18446744073709551000\n";
    collected.collect_after(1s);
    EXPECT_EQ(collected.value("node_disk_io_now", {{"device", "sda"}}), 0) << in_flight;
    EXPECT_EQ(collected.value("node_disk_reads_completed_total", {{"device", "sda"}}), 7);
    EXPECT_EQ(collected.value("node_disk_read_bytes_total", {{"device", "sda"}}), 512.0 * 4294967295)
        << "a counter may rightly be there";
    EXPECT_EQ(collected.value("node_procs_running"), 0) << in_flight;
    EXPECT_EQ(collected.value("node_procs_blocked"), 0) << in_flight;
    EXPECT_EQ(collected.value("node_network_receive_bytes_total", {{"device", "eth0"}}), 0);
    EXPECT_FALSE(collected.value("node_memory_MemFree_bytes")) << "an amount is not known then";
    EXPECT_FALSE(collected.value("node_memory_HugePages_Rsvd"));
    EXPECT_EQ(collected.value("kymo_cgroup_memory_usage_bytes"), 0);
    EXPECT_EQ(collected.value("kymo_cgroup_pids"), 0);
    EXPECT_EQ(collected.value("kymo_cgroup_cpu_throttled_seconds_total"), 0);
  }
  for (const char* subject : {"disk", "cpu", "network", "cgroup"})
    EXPECT_EQ(collected.collector_errors(subject), 0) << subject;
}

TEST(StartTime, IsByTheBootClockWhateverAContainerSaysOfItsBoot) {
  CollectedHost collected("5.15-container");
  collected.host->replaced["/proc/stat"] = "cpu  1 1 1 1\nbtime 1700004900\n";  // the container's own
  collected.host->replaced["/proc/uptime"] = "100.00 100.00\n";
  collected.collect_after(1s);
  EXPECT_EQ(collected.value("process_start_time_seconds"), 1700004000);
  EXPECT_EQ(collected.value("node_boot_time_seconds"), 1700004900);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_process_cpu_ratio"), 0) << "no time without a clock of the process";
}

TEST(StartTime, IsNeverAfterNow) {
  const auto start_after_now = [](void (*prepare)(GoldenHost&)) {
    CollectedHost collected("5.15-container", {}, prepare);
    collected.collect_after(1s);
    const double now =
        std::chrono::duration<double>(collected.clock->system_now().time_since_epoch()).count();
    const auto start = collected.value("process_start_time_seconds");
    EXPECT_TRUE(start);
    return start.value_or(1e300) - now;
  };
  EXPECT_EQ(start_after_now([](GoldenHost& host) { host.boot_clock.reset(); }), -1000)
      << "/proc/uptime instead";
  const auto no_clock = [](GoldenHost& host) {
    host.boot_clock.reset();
    host.removed.insert("/proc/uptime");
  };
  EXPECT_EQ(start_after_now(no_clock), -1001) << "btime instead";
  EXPECT_LE(start_after_now([](GoldenHost& host) {
              host.boot_clock = 100;  // of another machine
              host.replaced["/proc/stat"] = "cpu  1 1 1 1\nbtime 1700004900\n";
            }),
            0);
  EXPECT_LE(start_after_now([](GoldenHost& host) { host.boot_clock = 3999.995; }), 0)
      << "within its first tick";
}

TEST(StartTime, StandsStillAndFollowsAWallClockThatIsSet) {
  CollectedHost collected("5.15-container");
  const auto start_after = [&](std::chrono::nanoseconds step) {
    collected.clock->advance_system(step);
    collected.collect_after(1s);
    return *collected.value("process_start_time_seconds");
  };
  EXPECT_EQ(start_after(0s), 1700004000);
  EXPECT_EQ(start_after(300us), 1700004000) << "clocks are read one after the other";
  EXPECT_NEAR(start_after(-1h), 1700000400, 1e-3);
  EXPECT_NEAR(start_after(24h), 1700086800, 1e-3);
  collected.host->replaced["/proc/self/stat"] =
      "9 (child) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 450000 5 5\n";
  EXPECT_NEAR(start_after(0s), 1700087300, 1e-3) << "a forked child's own";
}

TEST(DiskRates, ComeFromSectorsAndBusyTime) {
  const auto line = [](const std::string& numbers) { return "   8 0 sda " + numbers + "\n"; };
  CollectedHost collected("5.15-container", {}, [](GoldenHost& host) {
    host.replaced["/proc/diskstats"] = "   8 0 sda 0 0 1000 0 0 0 2000 0 0 4294967200 0\n";
  });
  collected.host->replaced["/proc/diskstats"] =
      line("0 0 1010 0 0 0 2100 0 0 904 0");  // 32 bits of ms wrapped
  collected.collect_after(2s);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_disk_read_bytes_per_second", {{"device", "sda"}}), 2560);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_disk_write_bytes_per_second", {{"device", "sda"}}), 25600);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_disk_busy_ratio", {{"device", "sda"}}), 0.5);
  collected.host->replaced["/proc/diskstats"] = line("0 0 5 0 0 0 2100 0 0 999904 0");
  collected.collect_after(1s);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_disk_read_bytes_per_second", {{"device", "sda"}}), 2560);
  EXPECT_DOUBLE_EQ(*collected.value("kymo_system_disk_busy_ratio", {{"device", "sda"}}), 1)
      << "never above 1";
}

}  // namespace
}  // namespace kymo::KYMO_ABI::system
