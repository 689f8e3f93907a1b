#include <kymo/format/lint.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/format/family_maker.h"

namespace kymo::KYMO_ABI::format {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> problems(Kind kind, std::string_view name, std::string_view help = "Help.",
                                  std::string_view unit = "", std::initializer_list<Label> labels = {}) {
  FamilyMaker maker(kind, name, help, unit);
  if (kind == Kind::counter) {
    maker.count(labels, 1);
  } else {
    maker.number(labels, 1);
  }
  std::vector<FamilySnapshot> families;
  families.push_back(maker.make());
  std::vector<std::string> found;
  for (const LintFinding& finding : lint(snapshot_of(std::move(families)))) {
    EXPECT_EQ(finding.family, name);
    found.push_back(finding.problem);
  }
  return found;
}

TEST(Lint, GoodNamesPass) {
  EXPECT_THAT(problems(Kind::counter, "http_requests_total"), IsEmpty());
  EXPECT_THAT(problems(Kind::counter, "events.received.by_type"), IsEmpty());
  EXPECT_THAT(problems(Kind::gauge, "event.processing.duration", "Time.", "seconds"), IsEmpty());
  EXPECT_THAT(problems(Kind::gauge, "cache.hit_rate", "Share.", "ratio"), IsEmpty());
  EXPECT_THAT(problems(Kind::counter, "bytes_sent_total"), IsEmpty());
}

TEST(Lint, TotalEndsCountersOnly) {
  EXPECT_THAT(problems(Kind::gauge, "sessions.total"), ElementsAre(HasSubstr("_total")));
}

TEST(Lint, NamesAreSnakeCase) {
  EXPECT_THAT(problems(Kind::gauge, "queueDepth"), ElementsAre(HasSubstr("snake_case")));
  EXPECT_THAT(problems(Kind::gauge, "queue__depth"), ElementsAre(HasSubstr("snake_case")));
  EXPECT_THAT(problems(Kind::gauge, "job:queue:depth"), ElementsAre(HasSubstr("recording rules")));
}

TEST(Lint, TheTypeIsNoPartOfTheName) {
  EXPECT_THAT(problems(Kind::gauge, "queue_gauge"), ElementsAre(HasSubstr("gauge")));
  EXPECT_THAT(problems(Kind::gauge, "gauged_queue"), IsEmpty());
}

TEST(Lint, UnitsAreBaseUnits) {
  EXPECT_THAT(problems(Kind::gauge, "wait_ms"), ElementsAre(HasSubstr("measure in seconds")));
  EXPECT_THAT(problems(Kind::gauge, "memory", "M.", "megabytes"), ElementsAre(HasSubstr("measure in bytes")));
  EXPECT_THAT(problems(Kind::gauge, "cpu_percent"), ElementsAre(HasSubstr("measure in ratio")));
  EXPECT_THAT(problems(Kind::gauge, "call_duration"), ElementsAre(HasSubstr("in seconds")));
}

TEST(Lint, TheHelpIsASentence) {
  EXPECT_THAT(problems(Kind::gauge, "x", ""), ElementsAre(HasSubstr("no help")));
  EXPECT_THAT(problems(Kind::gauge, "x", "No stop"), ElementsAre(HasSubstr("full stop")));
  EXPECT_THAT(problems(Kind::gauge, "x", "small."), ElementsAre(HasSubstr("capital")));
}

TEST(Lint, LabelsAreSnakeCaseAndSayMoreThanTheName) {
  EXPECT_THAT(problems(Kind::gauge, "x", "X.", "", {{"eventType", "a"}}),
              ElementsAre(HasSubstr("eventType")));
  EXPECT_THAT(problems(Kind::gauge, "state", "X.", "", {{"state", "a"}}), ElementsAre(HasSubstr("repeats")));
  EXPECT_THAT(problems(Kind::gauge, "x", "X.", "", {{"event_type", "a"}}), IsEmpty());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::format
