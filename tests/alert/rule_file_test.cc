#include <kymo/alert/rule_file.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace kymo::KYMO_ABI::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr std::string_view kWhole = R"(groups:
  - name: voice
    interval: 30s
    limit: 10
    query_offset: 1m
    labels: {team: media}
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(requests_total[5m]))
        labels:
          tier: one
      - alert: SlowVoice
        expr: |
          histogram_quantile(0.95, rate(latency_seconds[1m]))
            > 0.1
        for: 1h30m
        keep_firing_for: 1d
        labels: {severity: page}
        annotations:
          summary: "{{ $labels.job }} is slow"
)";

/// `LINE:COLUMN: text` of each problem.
std::vector<std::string> problems_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const RuleProblem& one : read_rule_file(text).problems)
    lines.push_back(std::to_string(one.place.line) + ':' + std::to_string(one.place.column) + ": " +
                    one.text);
  return lines;
}

std::string rule_with(std::string_view lines) {
  return "groups:\n- name: g\n  rules:\n  - " + std::string(lines) + "\n";
}

TEST(RuleFile, HasGroupsAndRules) {
  const RuleFile file = read_rule_file(kWhole);
  ASSERT_THAT(file.problems, IsEmpty()) << file.problems.front().text;
  ASSERT_EQ(file.groups.size(), 1U);
  const RuleGroup& group = file.groups.front();
  EXPECT_EQ(group.name, "voice");
  EXPECT_EQ(group.interval_ms, 30'000);
  EXPECT_EQ(group.query_offset_ms, 60'000);
  EXPECT_EQ(group.limit, 10U);
  EXPECT_THAT(group.labels, ElementsAre(Pair("team", "media")));
  ASSERT_EQ(group.rules.size(), 2U);
  EXPECT_EQ(group.rules[0].kind, RuleKind::recording);
  EXPECT_EQ(group.rules[0].name, "job:requests:rate5m");
  EXPECT_EQ(group.rules[0].place.line, 8U);
  const Rule& alert = group.rules[1];
  EXPECT_EQ(alert.kind, RuleKind::alerting);
  EXPECT_EQ(alert.for_ms, 90 * 60'000);
  EXPECT_EQ(alert.keep_firing_ms, 24 * 3'600'000);
  EXPECT_THAT(alert.labels, ElementsAre(Pair("severity", "page")));
  EXPECT_THAT(alert.annotations, ElementsAre(Pair("summary", "{{ $labels.job }} is slow")));
}

TEST(RuleFile, MayBeEmpty) {
  for (const std::string_view text : {"", "# nothing yet\n", "groups:\n", "groups: []\n", "{}\n"}) {
    const RuleFile file = read_rule_file(text);
    EXPECT_THAT(file.problems, IsEmpty()) << text;
    EXPECT_THAT(file.groups, IsEmpty()) << text;
  }
}

TEST(RuleFile, PlacesAProblemOfAQueryInTheFile) {
  EXPECT_THAT(problems_of(rule_with("record: a\n    expr: rat(x[5m])")),
              ElementsAre(HasSubstr("5:11: unknown function \"rat\"")));
  EXPECT_THAT(problems_of(rule_with("record: a\n    expr: \"sum(rat(x[5m]))\"")),
              ElementsAre(HasSubstr("5:16: ")));
  EXPECT_THAT(problems_of(rule_with("record: a\n    expr: |\n      sum(\n        rat(x[5m]))")),
              ElementsAre(HasSubstr("7:9: ")));
}

TEST(RuleFile, PlacesAProblemOfATemplateInTheFile) {
  EXPECT_THAT(problems_of(rule_with("alert: a\n    expr: up\n    labels: {s: '{{ nosuch }}'}")),
              ElementsAre(HasSubstr("6:21: label \"s\": unknown function \"nosuch\"")));
  EXPECT_THAT(problems_of(rule_with(
                  "alert: a\n    expr: up\n    annotations:\n      s: \"\\\"{{ humanise .Value }}\"")),
              ElementsAre(HasSubstr("7:16: annotation \"s\": unknown function \"humanise\"; did you mean")));
  EXPECT_THAT(problems_of(rule_with("alert: a\n    expr: up\n    annotations:\n      s: |\n        one\n"
                                    "        two {{ end }}")),
              ElementsAre(HasSubstr("9:16: annotation \"s\"")));
  EXPECT_THAT(problems_of(rule_with("record: a\n    expr: up\n    labels: {s: '{{ nosuch }}'}")), IsEmpty());
}

TEST(RuleFile, NamesEachProblemAndItsRemedy) {
  EXPECT_THAT(problems_of("group: []\n"),
              ElementsAre("1:1: unknown key \"group\" in a rule file; did you mean \"groups\"?"));
  EXPECT_THAT(problems_of("groups:\n- rules: []\n"), ElementsAre(HasSubstr("2:3: a group has no name")));
  EXPECT_THAT(problems_of("groups:\n- name: a\n- name: a\n"),
              ElementsAre(HasSubstr("two groups have the name \"a\"")));
  EXPECT_THAT(problems_of("groups:\n- name: a\n  interval: 5\n"),
              ElementsAre(HasSubstr("\"5\" is no duration")));
  EXPECT_THAT(problems_of("groups:\n- name: a\n  limit: many\n"),
              ElementsAre(HasSubstr("is no whole number")));
  EXPECT_THAT(problems_of("groups:\n- name: a\n  name: b\n"),
              ElementsAre(HasSubstr("stands twice in a group")));
  EXPECT_THAT(problems_of("groups: 7\n"), ElementsAre(HasSubstr("groups is no list")));
  EXPECT_THAT(problems_of("- a\n"), ElementsAre(HasSubstr("a rule file is no map")));
  EXPECT_THAT(problems_of("groups: [\n"), ElementsAre(HasSubstr("is not valid YAML")));
  EXPECT_THAT(problems_of("groups: []\n---\ngroups: []\n"), ElementsAre(HasSubstr("a second document")));
  for (const std::string_view misplaced : {",  ", ", groups: []", "]", "}\ngroups: []"}) {
    EXPECT_THAT(problems_of(misplaced), ElementsAre(HasSubstr("is not valid YAML"))) << misplaced;
  }
  EXPECT_THAT(problems_of("groups: []\n, x"), SizeIs(1));
  EXPECT_THAT(problems_of("groups: \xff"), ElementsAre(HasSubstr("UTF-8")));
}

TEST(RuleFile, NamesProblemsInTheOrderOfTheFile) {
  EXPECT_THAT(
      problems_of(
          "groups:\n- rules:\n  - {record: a, expr: 'rat(x)'}\n  - {record: b, expr: 'sum('}\n  nme: x\n"),
      ElementsAre(StartsWith("2:"), StartsWith("3:"), StartsWith("4:"), StartsWith("5:")));
}

TEST(RuleFile, RefusesRulesThatMakeNoSense) {
  EXPECT_THAT(problems_of(rule_with("expr: up")), ElementsAre(HasSubstr("4:5: a rule has neither")));
  EXPECT_THAT(problems_of(rule_with("alert: a\n    record: b\n    expr: up")),
              ElementsAre(HasSubstr("has both")));
  EXPECT_THAT(problems_of(rule_with("alert: a")), ElementsAre(HasSubstr("has no query")));
  EXPECT_THAT(problems_of(rule_with("record: a\n    expr: up\n    for: 5m")),
              ElementsAre(HasSubstr("has \"for\"")));
  EXPECT_THAT(problems_of(rule_with("record: a\n    expr: up\n    annotations: {a: b}")),
              ElementsAre(HasSubstr("has \"annotations\"")));
  EXPECT_THAT(problems_of(rule_with("record: sum{a}\n    expr: up")),
              ElementsAre(HasSubstr("is no name of a metric")));
  EXPECT_THAT(problems_of(rule_with("alert: a\n    expr: up\n    labels: {__name__: b}")),
              ElementsAre(HasSubstr("is no name of one of the labels")));
  EXPECT_THAT(problems_of(rule_with("alert: a\n    expr: up\n    labels: [b]")),
              ElementsAre(HasSubstr("labels is no map")));
  EXPECT_THAT(problems_of(rule_with("alert: a\n    expr: up\n    foo: 1")),
              ElementsAre(HasSubstr("did you mean \"for\"?")));
}

TEST(RuleFile, KeepsGroupsWithoutAProblemAndTellsAllProblems) {
  const RuleFile file = read_rule_file(
      "groups:\n- name: a\n  rules:\n  - record: r\n    expr: up(\n- name: b\n- name: c\n  limits: 3\n");
  EXPECT_EQ(file.problems.size(), 2U);
  ASSERT_EQ(file.groups.size(), 1U);
  EXPECT_EQ(file.groups.front().name, "b");
}

TEST(RuleFile, WarnsOfRulesThatWriteTheSameSeries) {
  const auto file = read_rule_file(
      "groups:\n- name: a\n  rules:\n  - {record: r, expr: up, labels: {a: x, b: y}}\n"
      "  - {record: r, expr: down, labels: {b: y, a: x}}\n  - {record: r, expr: down}\n");
  ASSERT_EQ(file.warnings.size(), 1U);
  EXPECT_EQ(file.warnings.front().place.line, 5U);
}

TEST(RuleFile, IsBounded) {
  EXPECT_THAT(problems_of(std::string(std::size_t{17} << 20U, ' ')),
              ElementsAre(HasSubstr("split the file")));
  const std::string deep = "groups: " + std::string(100'000, '[');
  EXPECT_THAT(problems_of(deep), ElementsAre(HasSubstr("is not valid YAML")));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::alert
