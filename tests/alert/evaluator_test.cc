#include <kymo/alert/evaluator.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/core.h>
#include <kymo/history/store.h>

#include "tests/system/manual_clock.h"

namespace kymo::KYMO_ABI::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kStart = 1'700'000'000 * kSecond;

/// A server whose tick comes each second, without a Monitor.
class Evaluation : public ::testing::Test {
 protected:
  void use(std::string_view text, const std::string& file = "rules.yaml") {
    RuleFile read = read_rule_file(text);
    ASSERT_THAT(read.problems, IsEmpty()) << read.problems.front().text;
    std::vector<RuleSource> sources;
    sources.push_back({file, std::move(read.groups)});
    evaluator_->use(std::move(sources), now_);
  }

  void begin(EvaluatorOptions options = {}) {
    options.on_transition = [this](const AlertTransition& one) {
      told_.push_back(std::string(one.rule) + ' ' + std::string(state_text(one.from)) + '>' +
                      std::string(state_text(one.alert.state)));
    };
    evaluator_.emplace(store_, store_, engine_, clock_, std::move(options));
  }

  /// Ticks of a second; `levels_` are sampled at each.
  void run(int seconds, bool is_after_gap = false) {
    for (int i = 0; i < seconds; ++i) {
      now_ += kSecond;
      sample();
      evaluator_->tick(now_, is_after_gap && i == 0);
    }
  }
  void sample() {
    std::vector<series::LabelSet> labels;
    for (const auto& [of, value] : levels_) labels.push_back({{"__name__", "level"}, {"of", of}});
    std::vector<series::Sample> samples;
    std::size_t i = 0;
    for (const auto& [of, value] : levels_) samples.push_back({.labels = labels[i++], .value = value});
    (void)store_.append(now_, samples);
  }

  /// The result of an instant query now, as `{labels} value`.
  [[nodiscard]] std::vector<std::string> ask(std::string_view text) const {
    std::vector<std::string> lines;
    const query::QueryResult result = engine_.run(store_, {.query = text, .start_ms = now_, .end_ms = now_});
    for (const query::ResultSeries& one : result.series) {
      const double value = one.numbers.front().value;
      lines.push_back(one.labels.to_string() + ' ' + std::to_string(static_cast<std::int64_t>(value)));
    }
    return lines;
  }
  [[nodiscard]] RuleStatus rule(std::size_t number = 0) const {
    return evaluator_->groups().front().rules.at(number);
  }
  [[nodiscard]] AlertState state() const {
    const RuleStatus status = rule();
    return status.alerts.empty() ? AlertState::inactive : status.alerts.front().state;
  }

  std::int64_t now_ = kStart;
  std::map<std::string, double> levels_ = {{"a", 1}};
  system::ManualClock clock_;
  history::Store store_;
  const query::Engine engine_;
  std::optional<Evaluator> evaluator_;
  std::vector<std::string> told_;
};

TEST_F(Evaluation, RecordsAndLaterRulesSeeIt) {
  begin();
  use(R"(groups: [{name: g, interval: 1s, labels: {team: x, tier: y}, rules: [
    {record: "level:sum", expr: sum(level), labels: {tier: z}},
    {record: "level:double", expr: "level:sum * 2"}]}])");
  levels_ = {{"a", 1}, {"b", 3}};
  run(3);
  EXPECT_THAT(ask("level:sum"), ElementsAre("level:sum{team=\"x\",tier=\"z\"} 4"));
  EXPECT_THAT(ask("level:double"), ElementsAre("level:double{team=\"x\",tier=\"y\"} 8"));
  EXPECT_EQ(rule().health, RuleHealth::ok);
  EXPECT_EQ(evaluator_->groups().front().iterations, 3U);
  EXPECT_EQ(evaluator_->groups().front().missed, 0U);
}

TEST_F(Evaluation, WritesAlertsAndTheirEnd) {
  begin();
  use(R"(groups: [{name: g, interval: 1s, rules: [
    {alert: High, expr: level > 5, for: 2s, labels: {severity: page}}]}])");
  levels_ = {{"a", 9}, {"b", 1}};
  run(2);
  EXPECT_THAT(ask("ALERTS"),
              ElementsAre("ALERTS{alertname=\"High\",alertstate=\"pending\",of=\"a\",severity=\"page\"} 1"));
  const auto began = std::to_string(rule().alerts.front().active_ms / kSecond);
  run(2);
  EXPECT_THAT(ask("ALERTS"),
              ElementsAre("ALERTS{alertname=\"High\",alertstate=\"firing\",of=\"a\",severity=\"page\"} 1"));
  EXPECT_THAT(ask("ALERTS_FOR_STATE"),
              ElementsAre("ALERTS_FOR_STATE{alertname=\"High\",of=\"a\",severity=\"page\"} " + began));
  levels_["a"] = 0;
  run(2);
  EXPECT_THAT(ask("ALERTS"), IsEmpty());
  EXPECT_THAT(ask("ALERTS_FOR_STATE"), IsEmpty());
  EXPECT_THAT(told_, ElementsAre("High inactive>pending", "High pending>firing", "High firing>inactive"));
}

TEST_F(Evaluation, AFaultyRuleSaysSoAndTheOthersGoOn) {
  begin();
  use(R"(groups: [{name: g, interval: 1s, limit: 1, rules: [
    {alert: Twice, expr: level, labels: {of: same}},
    {alert: TooMany, expr: level},
    {record: "no:number", expr: '"text"'},
    {record: "one:series", expr: level, labels: {of: same}},
    {record: "good", expr: sum(level)}]}])");
  levels_ = {{"a", 1}, {"b", 2}};
  run(3);
  EXPECT_THAT(rule(0).error, HasSubstr("same labelset after applying alert labels: {alertname=\"Twice\""));
  EXPECT_THAT(rule(1).error, HasSubstr("exceeded limit of 1 with 2 alerts"));
  EXPECT_THAT(rule(1).alerts, IsEmpty());
  EXPECT_THAT(rule(2).error, HasSubstr("not a vector or scalar"));
  EXPECT_THAT(rule(3).error, HasSubstr("same labelset after applying rule labels"));
  EXPECT_EQ(rule(4).error, "");
  EXPECT_THAT(ask("good"), ElementsAre("good 3"));
  EXPECT_EQ(evaluator_->groups().front().failures, 9U);
  EXPECT_EQ(evaluator_->groups().front().evaluations, 15U);
}

TEST_F(Evaluation, TemplatesAreExpandedAndAFaultyOneIsNamed) {
  begin();
  use(R"(groups: [{name: g, interval: 1s, rules: [
    {alert: Told, expr: level > 5, labels: {who: "{{ $labels.of }}"},
     annotations: {text: "{{ $value }} of {{ with query \"count(level)\" }}{{ . | first | value }}{{ end }}"}},
    {alert: Broken, expr: level > 5, annotations: {text: "{{ query \"sum(\" }}", good: fine}}]}])");
  levels_ = {{"a", 9}, {"b", 1}};
  run(3);
  ASSERT_THAT(rule(0).alerts, SizeIs(1));
  EXPECT_EQ(rule(0).alerts[0].labels.get("who"), "a");
  EXPECT_THAT(rule(0).alerts[0].annotations, ElementsAre(std::pair("text", "9 of 2")));
  EXPECT_EQ(rule(0).error, "");
  ASSERT_THAT(rule(1).alerts, SizeIs(1)) << "an alert with a faulty template fires";
  EXPECT_EQ(rule(1).health, RuleHealth::bad);
  EXPECT_THAT(rule(1).error, HasSubstr("a template failed: "));
  EXPECT_THAT(rule(1).alerts[0].annotations[0].second, HasSubstr("<error expanding template: "));
}

TEST_F(Evaluation, AReservedNameOfASnapshotIsRefused) {
  begin();
  Registry registry;
  registry.gauge("taken", "T.").set(5);
  ASSERT_TRUE(store_.append(std::chrono::system_clock::time_point(std::chrono::milliseconds(now_)),
                            *registry.snapshot()));
  use("groups: [{name: g, interval: 1s, rules: [{record: taken, expr: sum(level)}]}]");
  run(2);
  EXPECT_THAT(rule().error, HasSubstr("1 of 1 samples were not written"));
  EXPECT_THAT(ask("taken"), ElementsAre("taken 5"));
}

TEST_F(Evaluation, TimesAreMultiplesOfTheIntervalWithAnOffset) {
  begin();
  use("groups: [{name: g, interval: 7s, rules: [{record: r, expr: sum(level)}]},"
      "{name: h, interval: 7s, rules: [{record: s, expr: sum(level)}]}]");
  run(30);
  const auto groups = evaluator_->groups();
  EXPECT_GE(groups[0].iterations, 4U);
  EXPECT_EQ(groups[0].missed, 0U);
  EXPECT_NE(groups[0].evaluated_ms % (7 * kSecond), groups[1].evaluated_ms % (7 * kSecond));
  const std::int64_t first = groups[0].evaluated_ms;
  run(7);
  EXPECT_EQ(evaluator_->groups()[0].evaluated_ms, first + 7 * kSecond);
}

TEST_F(Evaluation, AQueryOffsetMovesQueryAndSamples) {
  begin();
  use("groups: [{name: g, interval: 1s, query_offset: 5s, rules: [{record: r, expr: sum(level)}]}]");
  run(8);
  levels_["a"] = 7;
  run(4);
  EXPECT_THAT(ask("r"), ElementsAre("r 1"));
  run(4);
  EXPECT_THAT(ask("r"), ElementsAre("r 7"));
}

TEST_F(Evaluation, NoFalseAlertAfterAPause) {
  begin();
  use("groups: [{name: g, interval: 1s, rules: [{alert: High, expr: level > 5, for: 30s}]}]");
  levels_["a"] = 9;
  run(5);
  ASSERT_EQ(state(), AlertState::pending);
  const auto before = evaluator_->groups().front();
  now_ += 60 * kSecond;  // the process is stopped
  run(1, true);
  run(5);
  EXPECT_EQ(state(), AlertState::pending) << "the pause counted towards for";
  EXPECT_GE(evaluator_->groups().front().missed, before.missed + 59);
  run(30);
  EXPECT_EQ(state(), AlertState::firing);
  EXPECT_THAT(told_, ElementsAre("High inactive>pending", "High pending>firing"));
}

TEST_F(Evaluation, AValueOfBeforeAPauseFiresNothing) {
  begin();
  use("groups: [{name: g, interval: 15s, rules: [{alert: High, expr: level > 5}]}]");
  run(20);
  ASSERT_THAT(told_, IsEmpty());
  levels_["a"] = 9;
  now_ += 1;
  sample();
  now_ += 60 * kSecond;
  levels_["a"] = 1;  // well again as it goes on
  run(1, true);
  run(40);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(Evaluation, AClockThatWasSetBackEvaluatesNothingTwice) {
  begin();
  use("groups: [{name: g, interval: 1s, rules: [{record: r, expr: sum(level)}]}]");
  run(10);
  const auto before = evaluator_->groups().front();
  const std::int64_t later = now_;
  now_ -= 3600 * kSecond;
  run(5);
  EXPECT_EQ(evaluator_->groups().front().iterations, before.iterations);
  now_ = later;
  run(2, true);
  EXPECT_EQ(rule().error, "");
  EXPECT_THAT(ask("r"), ElementsAre("r 1"));
}

TEST_F(Evaluation, StatesSurviveAReload) {
  begin();
  constexpr std::string_view kRules =
      "groups: [{name: g, interval: 1s, rules: [{alert: High, expr: level > 5, for: 5s}, "
      "{record: gone, expr: sum(level)}]}]";
  use(kRules);
  levels_["a"] = 9;
  run(4);
  ASSERT_EQ(state(), AlertState::pending);
  const std::int64_t active = rule().alerts.front().active_ms;
  use(kRules);
  EXPECT_EQ(rule().alerts.front().active_ms, active);
  run(3);
  EXPECT_EQ(state(), AlertState::firing);
  EXPECT_THAT(ask("gone"), SizeIs(1));
  use("groups: [{name: g, interval: 1s, rules: [{alert: High, expr: level > 4, for: 5s}]}]");
  EXPECT_EQ(state(), AlertState::firing);
  EXPECT_THAT(ask("gone"), IsEmpty()) << "the series of a rule that left goes on";
  use("groups: [{name: other, interval: 1s, rules: [{alert: High, expr: level > 4, for: 5s}]}]");
  EXPECT_EQ(state(), AlertState::inactive);
  EXPECT_THAT(ask("ALERTS"), IsEmpty());
}

TEST_F(Evaluation, StatesSurviveARestart) {
  begin();
  constexpr std::string_view kRules =
      "groups: [{name: g, interval: 1s, rules: [{alert: High, expr: level > 5, for: 20m},"
      "{alert: Short, expr: level > 5, for: 30s}]}]";
  use(kRules);
  levels_["a"] = 9;
  run(900);
  now_ += 120 * kSecond;  // the process is away
  begin({.restores = true});
  use(kRules);
  run(60);
  EXPECT_EQ(rule(1).alerts.front().state, AlertState::firing);
  EXPECT_EQ(state(), AlertState::pending);
  // 5 of 20 minutes were left, less than the 10 of grace.
  const std::int64_t due = rule().alerts.front().active_ms + 20 * 60 * kSecond;
  EXPECT_NEAR(static_cast<double>(due), static_cast<double>(now_ - 58 * kSecond + 600 * kSecond),
              3 * kSecond);
  run(500);
  EXPECT_EQ(state(), AlertState::pending);
  run(60);
  EXPECT_EQ(state(), AlertState::firing);
}

TEST_F(Evaluation, ARestartTakesUpAnAlertThatFired) {
  begin();
  constexpr std::string_view kRules =
      "groups: [{name: g, interval: 1s, rules: [{alert: High, expr: level > 5, for: 10m}]}]";
  use(kRules);
  levels_["a"] = 9;
  run(700);
  ASSERT_EQ(state(), AlertState::firing);
  begin({.restores = true});
  use(kRules);
  run(4);
  EXPECT_EQ(state(), AlertState::firing);
}

TEST_F(Evaluation, ACallbackThatThrowsIsCounted) {
  EvaluatorOptions options;
  options.on_transition = [](const AlertTransition&) { throw 1; };
  evaluator_.emplace(store_, store_, engine_, clock_, options);
  use("groups: [{name: g, interval: 1s, rules: [{alert: Always, expr: level}]}]");
  run(2);
  EXPECT_EQ(evaluator_->callback_failures(), 1U);
  EXPECT_EQ(state(), AlertState::firing);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::alert
