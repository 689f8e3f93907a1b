// --fail-on: what it understands, what it refuses and how, and what it finds.
#include <kymo/watch/conditions.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace kymo::KYMO_ABI::watch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string refusal(std::string_view text) {
  Conditions conditions;
  try {
    conditions.add(text);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

/// So many readings, two a second, with a level of memory and CPU.
Recording recording_of(int readings, double rss, double cpu) {
  Recording recording;
  for (int i = 0; i < readings; ++i) {
    Sample sample{.at = i * 0.5, .seconds = i == 0 ? 0 : 0.5, .values = {}};
    sample.values.fill(std::nan(""));
    sample.values[index_of(Metric::resident)] = rss;
    if (i > 0) sample.values[index_of(Metric::cpu)] = cpu;
    recording.add(sample);
  }
  return recording;
}

std::vector<std::string> met(std::string_view text, const Recording& recording,
                             const std::vector<Finding>& findings = {}) {
  Conditions conditions;
  conditions.add(text);
  return conditions.judge(recording, findings).met;
}

TEST(Conditions, RefusesWhatItDoesNotUnderstandWithARemedy) {
  EXPECT_EQ(refusal("leek"),
            "\"leek\" is no issue; expected any, leak, fd, threads, cpu, throttled, io, or a limit such as "
            "rss>500MB; did you mean leak?");
  EXPECT_THAT(refusal("rs>5MB"), HasSubstr("is no metric; expected one of cpu,"));
  EXPECT_THAT(refusal("rs>5MB"), HasSubstr("did you mean rss?"));
  EXPECT_THAT(refusal("rss"), HasSubstr("has no limit; expected one such as 'rss>500MB', in quotes"));
  EXPECT_THAT(refusal("rss>"), HasSubstr("has no number with a unit"));
  EXPECT_THAT(refusal("rss>5XB"), HasSubstr("has no number with a unit"));
  EXPECT_THAT(refusal("rss>inf"), HasSubstr("has no number with a unit"));
  EXPECT_THAT(refusal("rss.mean>5MB"), HasSubstr("expected max, min, avg, last or growth"));
  EXPECT_THAT(refusal("cpu.growth>1"), HasSubstr("only amounts such as rss, fds and threads grow"));
  EXPECT_THAT(refusal("leak,,fd"), HasSubstr("has an empty part"));
  EXPECT_THAT(refusal(""), HasSubstr("has an empty part"));
  EXPECT_EQ(refusal("leak, fd,threads,cpu,throttled,io,any , rss > 500 MB,cpu.avg<80%"), "");
}

TEST(Conditions, ComparesStatistics) {
  const Recording recording = recording_of(10, 600e6, 0.9);
  EXPECT_THAT(met("rss>500MB", recording), ElementsAre("rss>500MB: it was 572 MiB"));
  EXPECT_THAT(met("rss>600MB", recording), IsEmpty());
  EXPECT_THAT(met("rss>572MiB", recording), ElementsAre("rss>572MiB: it was 572 MiB"));
  EXPECT_THAT(met("cpu.avg>80%", recording), ElementsAre("cpu.avg>80%: it was 0.90 cores"));
  EXPECT_THAT(met("cpu<1", recording), ElementsAre("cpu<1: it was 0.90 cores"));
}

TEST(Conditions, FindsIssuesByName) {
  const Recording recording = recording_of(40, 1e6, 0.1);
  const std::vector<Finding> findings = {{Issue::leak, "memory grows", "e"}, {Issue::files, "files", "e"}};
  EXPECT_THAT(met("leak", recording, findings), ElementsAre("leak: memory grows"));
  EXPECT_THAT(met("cpu,threads", recording, findings), IsEmpty());
  EXPECT_THAT(met("any", recording, findings), ElementsAre("leak: memory grows", "fd: files"));
}

TEST(Conditions, SaysWhatCannotBeJudged) {
  Conditions conditions;
  conditions.add("leak,fd,fds>100,rss.growth>1MB");
  const auto outcome = conditions.judge(recording_of(5, 1e6, 0.1), {});
  EXPECT_THAT(outcome.met, IsEmpty());
  EXPECT_THAT(outcome.not_judged,
              ElementsAre("leak: watched too briefly to tell", "fd: unknown on this system",
                          "fds>100: unknown on this system", "rss.growth>1MB: watched too briefly to tell"));
  Conditions leak;
  leak.add("leak");
  Recording late;
  for (int i = 0; i < 30; ++i) {
    Sample sample{.at = i * 1.0, .seconds = i == 0 ? 0.0 : 1.0, .values = {}};
    sample.values.fill(std::nan(""));
    sample.values[index_of(Metric::resident)] = 20e6 + 2e6 * std::max(0, i - 21);
    late.add(sample);
  }
  EXPECT_THAT(leak.judge(late, {}).not_judged,
              ElementsAre("leak: grew late, or by little; watch longer to tell"));
  EXPECT_THAT(leak.judge(recording_of(60, 1e6, 0.1), {}).not_judged, IsEmpty());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::watch
