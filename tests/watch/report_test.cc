// Whole reports as golden texts. KYMO_UPDATE_GOLDEN=1 writes them anew: look at them before you keep them.
#include <kymo/watch/report.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>

namespace kymo::KYMO_ABI::watch {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr double kMiB = 1024.0 * 1024;

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(KYMO_GOLDEN) + "/" + name;
  if (std::getenv("KYMO_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream file(path, std::ios::binary);
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(file), {})) << name;
}

/// A process that is well, watched for half a minute, but for what `change` makes of each sample.
Watch watch_of(const std::function<void(double at, Values& values)>& change) {
  Watch watch;
  watch.what = "./server --port 80";
  watch.pid = 4711;
  watch.is_command = true;
  watch.rate_hz = 2;
  watch.end = {End::How::exited, 0};
  watch.usage = Usage{.user_seconds = 8.5, .system_seconds = 0.5, .peak_resident_bytes = 77'000'000};
  watch.surroundings.cores = 4;
  for (int i = 0; i < 60; ++i) {
    Sample sample{.at = i * 0.5, .seconds = i == 0 ? 0 : 0.5, .values = {}};
    sample.values.fill(0);
    const auto set = [&](Metric metric, double value) { sample.values[index_of(metric)] = value; };
    set(Metric::cpu, 0.3);
    set(Metric::busiest_thread, 0.2);
    set(Metric::busiest_wait, 0.01);
    set(Metric::resident, 50 * kMiB + (i % 3) * 4096);
    set(Metric::anonymous, 30 * kMiB);
    set(Metric::proportional, std::nan(""));
    set(Metric::threads, 8);
    set(Metric::files, 20 + i % 2);
    set(Metric::processes, 1);
    set(Metric::read, 150'000);
    set(Metric::voluntary_switches, 400);
    change(sample.at, sample.values);
    watch.recording.add(sample);
  }
  watch.findings = find_issues(watch.recording, watch.surroundings);
  return watch;
}

std::vector<std::string> issues(const Watch& watch) {
  std::vector<std::string> names;
  for (const Finding& finding : watch.findings) names.emplace_back(name_of(finding.issue));
  return names;
}

TEST(Report, OfAProcessThatIsWell) {
  const Watch watch = watch_of([](double, Values&) {});
  EXPECT_THAT(issues(watch), IsEmpty());
  expect_golden("well.txt", text_report(watch));
}

TEST(Report, OfAProcessWithEverythingWrong) {
  Watch watch = watch_of([](double at, Values& values) {
    values[index_of(Metric::resident)] += 20 * kMiB * at;
    values[index_of(Metric::files)] += std::floor(2 * at);
    values[index_of(Metric::threads)] += std::floor(at);
    values[index_of(Metric::cpu)] = 3.9;
    values[index_of(Metric::cpu_wait)] = 2.5;
    values[index_of(Metric::throttled)] = 0.3;
    values[index_of(Metric::io_wait)] = std::fmod(at, 2) < 1 ? 1 : 0;
    values[index_of(Metric::disk_read)] = 5e6;
  });
  watch.end = {End::How::signalled, 9};
  watch.surroundings.limit_cores = 4;
  Conditions conditions;
  conditions.add("any,rss>500MB,pss>1");
  watch.outcome = conditions.judge(watch.recording, watch.findings);
  EXPECT_EQ(issues(watch), (std::vector<std::string>{"leak", "fd", "threads", "cpu", "throttled", "io"}));
  expect_golden("everything.txt", text_report(watch));
  expect_golden("everything.json", json_report(watch));
}

TEST(Report, KeepsItsColumnsApart) {
  const Watch watch = watch_of([](double, Values& values) { values[index_of(Metric::cpu_wait)] = 0.00123; });
  EXPECT_THAT(text_report(watch), HasSubstr(" 0.0012 threads 0.0012 threads"));
}

TEST(Report, TellsOneBusyThreadFromAllCores) {
  const Watch one = watch_of([](double, Values& values) {
    values[index_of(Metric::cpu)] = 0.99;
    values[index_of(Metric::busiest_thread)] = 0.99;
  });
  ASSERT_EQ(issues(one), std::vector<std::string>{"cpu"});
  EXPECT_EQ(one.findings[0].text, "one thread is always busy; more cores would not help");
  EXPECT_THAT(one.findings[0].evidence, HasSubstr("0.99 cores of 4 cores"));
  const Watch start_only = watch_of([](double at, Values& values) {
    if (at < 10) values[index_of(Metric::busiest_thread)] = 1;
  });
  EXPECT_THAT(issues(start_only), IsEmpty()) << "busy for a third of the time";
}

TEST(Report, NamesWhatKeepsABusyThreadFromRunning) {
  const auto text = [](double cpu, double waits, double throttled, std::optional<double> limit,
                       double cores) {
    Watch watch = watch_of([&](double, Values& values) {
      values[index_of(Metric::cpu)] = cpu;
      values[index_of(Metric::busiest_thread)] = 0.99;
      values[index_of(Metric::busiest_wait)] = waits;
      values[index_of(Metric::throttled)] = throttled;
    });
    watch.surroundings.limit_cores = limit;
    watch.surroundings.cores = cores;
    const auto findings = find_issues(watch.recording, watch.surroundings);
    return findings.empty() ? "" : findings[0].text;
  };
  EXPECT_EQ(text(0.6, 0.39, 0, std::nullopt, 4),
            "one thread is always ready to run, but waits for a CPU 39.0% of the time: others use the cores");
  EXPECT_EQ(text(0.4, 0.59, 0.3, 0.5, 0.5),
            "one thread is always busy, and its group's limit of 0.50 cores throttles it");
  EXPECT_EQ(text(0.2, 0.79, 0.3, 0.2, 0.2),
            "the process uses all the CPU that its group's limit allows, 0.20 cores");
  EXPECT_EQ(text(0.6, 0.39, 0.3, std::nullopt, 4),
            "one thread is always busy, and a group's CPU limit throttles the process");
  EXPECT_EQ(text(0.98, 0.01, 0, 3, 3), "one thread is always busy; more cores would not help");
  EXPECT_EQ(text(0.98, 0.01, 0, 8, 1), "the process uses all the CPU that it may use")
      << "the affinity binds";
}

TEST(Report, JudgesMemoryByWhatIsItsOwnToo) {
  const auto found = [](const std::function<void(double at, Values& values)>& change) {
    const Watch watch = watch_of(change);
    return watch.findings.empty() ? "" : watch.findings[0].evidence.substr(0, 24);
  };
  EXPECT_EQ(found([](double at, Values& values) { values[index_of(Metric::anonymous)] += kMiB * at; }),
            "Anonymous memory went fr")
      << "while files that it reads no more go";
  EXPECT_EQ(
      found([](double at, Values& values) { values[index_of(Metric::proportional)] = kMiB * (40 + at); }),
      "Memory (PSS) went from 4")
      << "pages that it shared with its parent become its own";
  EXPECT_EQ(found([](double at, Values& values) {
              if (at > 10) values[index_of(Metric::swapped)] = kMiB * (at - 10);
              values[index_of(Metric::anonymous)] += kMiB * std::min(at, 10.0);
            }),
            "Anonymous memory with wh");
  EXPECT_EQ(
      found([](double at, Values& values) { values[index_of(Metric::resident)] += at > 20 ? 9 * kMiB : 0; }),
      "");
}

TEST(Report, LeavesOutTheWarmUp) {
  const Watch watch = watch_of([](double at, Values& values) {
    values[index_of(Metric::resident)] += at < 4.5 ? 20 * kMiB * at : 90 * kMiB;
  });
  EXPECT_THAT(issues(watch), IsEmpty());
}

TEST(Report, SaysWhenItWasTooShort) {
  Watch watch;
  watch.what = "true";
  watch.is_command = true;
  watch.rate_hz = 2;
  watch.end = {End::How::exited, 1};
  const std::string text = text_report(watch);
  EXPECT_THAT(text, HasSubstr("0 readings at 2 Hz; it ended with exit code 1"));
  EXPECT_THAT(text, HasSubstr("growth needs 11 s at this rate to be judged"));
  EXPECT_THAT(text, Not(HasSubstr("average")));
}

TEST(Report, TellsHowItEnded) {
  Watch watch;
  const auto told = [&](End end, bool is_command) {
    watch.end = end;
    watch.is_command = is_command;
    return end_text(watch);
  };
  EXPECT_EQ(told({End::How::signalled, 11}, true), "signal 11 (SIGSEGV) ended it");
  EXPECT_EQ(told({End::How::zombie, 12}, false),
            "it ended and is a zombie: its parent, process 12, has not waited for it");
  EXPECT_EQ(told({End::How::gone, 0}, false), "it ended; its exit code is known to its parent only");
  EXPECT_EQ(told({End::How::duration, 0}, false), "the time was over; it goes on");
  EXPECT_EQ(told({End::How::interrupted, 0}, true), "interrupted, and it was ended");
}

TEST(Report, LinesHaveTheirColumns) {
  Sample sample{.at = 3, .seconds = 1, .values = {}};
  sample.values.fill(std::nan(""));
  EXPECT_EQ(progress_head().size(), progress_line(sample).size());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::watch
