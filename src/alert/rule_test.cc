#include <kymo/alert/rule_test.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>

#include <kymo/alert/evaluator.h>
#include <kymo/base/clock.h>
#include <kymo/base/parse_number.h>
#include <kymo/query/duration_text.h>
#include <kymo/query/engine.h>
#include <kymo/query/script.h>
#include <kymo/query/script_store.h>

#include "yaml_reader.h"

namespace kymo::KYMO_ABI::alert {
namespace {

using series::LabelSet;

constexpr std::size_t kMostBytesOfTests = std::size_t{16} << 20U;
constexpr std::int64_t kUsualInterval = 60'000;
/// More steps than any test needs; one with a wrong unit ends here.
constexpr std::int64_t kMostSteps = 1'000'000;

struct ExpectedAlert {
  LabelSet labels;
  TextPairs annotations;  ///< ascending
  friend bool operator==(const ExpectedAlert&, const ExpectedAlert&) = default;
};

struct AlertCheck {
  std::int64_t time_ms = 0;
  std::string name;
  std::vector<ExpectedAlert> alerts;
};

struct QueryCheck {
  std::int64_t time_ms = 0;
  std::string query;
  std::vector<query::ScriptSeries> samples;  ///< one value each
};

struct RuleTest {
  std::string name;
  std::int64_t interval_ms = kUsualInterval;
  query::LoadCommand input;
  std::vector<AlertCheck> alerts;
  std::vector<QueryCheck> queries;
  LabelSet external_labels;
  std::string external_url;
};

struct RuleTestFile {
  std::vector<std::string> rule_files;
  std::int64_t interval_ms = kUsualInterval;
  std::vector<std::string> group_order;
  std::vector<RuleTest> tests;
};

LabelSet labels_of(const TextPairs& pairs) {
  std::vector<Label> labels;
  for (const auto& [key, value] : pairs) labels.emplace_back(key, value);
  return LabelSet(labels);
}

class RuleTestReader final : YamlReader {
 public:
  RuleTestReader(RuleTestFile& file, std::vector<RuleProblem>& problems)
      : YamlReader(problems), file_(file) {}

  void read(const YAML::Node& root) {
    if (root.IsNull()) return;
    YAML::Node tests;
    bool has_tests = false;
    read_fields(root, "a file of tests",
                {{"rule_files", texts("rule_files", file_.rule_files)},
                 {"evaluation_interval",
                  [&](const YAML::Node& is) {
                    const std::int64_t given = read_duration(is, "evaluation_interval");
                    if (given != 0) file_.interval_ms = given;
                  }},
                 {"group_eval_order", texts("group_eval_order", file_.group_order)},
                 {"tests", [&](const YAML::Node& is) { tests.reset(is), has_tests = true; }}});
    if (has_tests) read_items(tests, "tests", [&](const YAML::Node& one) { read_test(one); });
  }

 private:
  std::function<void(const YAML::Node&)> texts(const char* name, std::vector<std::string>& into) {
    return [this, name, &into](const YAML::Node& list) {
      read_items(list, name, [&](const YAML::Node& one) { into.push_back(read_text(one, name)); });
    };
  }

  void read_test(const YAML::Node& node) {
    RuleTest test;
    test.interval_ms = file_.interval_ms;
    std::vector<std::pair<FilePlace, std::pair<std::string, std::string>>> inputs;
    read_fields(
        node, "a test",
        {{"name", [&](const YAML::Node& is) { test.name = read_text(is, "name"); }},
         {"interval",
          [&](const YAML::Node& is) {
            const std::int64_t given = read_duration(is, "interval");
            if (given != 0) test.interval_ms = given;
          }},
         {"input_series",
          [&](const YAML::Node& is) {
            read_items(is, "input_series", [&](const YAML::Node& one) { read_input(one, test.input); });
          }},
         {"alert_rule_test",
          [&](const YAML::Node& is) {
            read_items(is, "alert_rule_test", [&](const YAML::Node& one) { read_alert(one, test.alerts); });
          }},
         {"promql_expr_test",
          [&](const YAML::Node& is) {
            read_items(is, "promql_expr_test", [&](const YAML::Node& one) { read_query(one, test.queries); });
          }},
         {"external_labels",
          [&](const YAML::Node& is) { test.external_labels = labels_of(read_pairs(is, "external_labels")); }},
         {"external_url", [&](const YAML::Node& is) { test.external_url = read_text(is, "external_url"); }}});
    test.input.interval_milliseconds = test.interval_ms;
    file_.tests.push_back(std::move(test));
  }

  void read_input(const YAML::Node& node, query::LoadCommand& input) {
    std::string name;
    std::string values;
    read_fields(node, "an input series",
                {{"series", [&](const YAML::Node& is) { name = read_text(is, "series"); }},
                 {"values", [&](const YAML::Node& is) { values = read_text(is, "values"); }}});
    try {
      input.series.push_back(query::read_script_series(name + ' ' + values, place_of(node).line));
    } catch (const query::ScriptError& error) {
      report(place_of(node), error.what());
    }
  }

  std::int64_t read_moment(const YAML::Node& node) {
    const std::string text = read_text(node, "eval_time");
    return text == "0" || text.empty() ? 0 : read_duration(node, "eval_time");
  }

  void read_alert(const YAML::Node& node, std::vector<AlertCheck>& checks) {
    AlertCheck check;
    YAML::Node alerts;
    bool has_alerts = false;
    read_fields(node, "an alert_rule_test",
                {{"eval_time", [&](const YAML::Node& is) { check.time_ms = read_moment(is); }},
                 {"alertname", [&](const YAML::Node& is) { check.name = read_text(is, "alertname"); }},
                 {"exp_alerts", [&](const YAML::Node& is) { alerts.reset(is), has_alerts = true; }}});
    if (!node.IsMap()) return;
    if (check.name.empty())
      report(place_of(node), "an alert_rule_test has no alertname; add \"alertname: …\"");
    if (has_alerts) {
      read_items(alerts, "exp_alerts", [&](const YAML::Node& one) {
        ExpectedAlert alert;
        read_fields(one, "an expected alert",
                    {{"exp_labels",
                      [&](const YAML::Node& is) { alert.labels = labels_of(read_pairs(is, "exp_labels")); }},
                     {"exp_annotations",
                      [&](const YAML::Node& is) { alert.annotations = read_pairs(is, "exp_annotations"); }}});
        // A file names the labels of the rule; this one the rule always sets.
        alert.labels = alert.labels.with("alertname", check.name);
        std::ranges::sort(alert.annotations);
        check.alerts.push_back(std::move(alert));
      });
    }
    checks.push_back(std::move(check));
  }

  void read_query(const YAML::Node& node, std::vector<QueryCheck>& checks) {
    QueryCheck check;
    read_fields(node, "a promql_expr_test",
                {{"expr", [&](const YAML::Node& is) { check.query = read_text(is, "expr"); }},
                 {"eval_time", [&](const YAML::Node& is) { check.time_ms = read_moment(is); }},
                 {"exp_samples", [&](const YAML::Node& is) {
                    read_items(is, "exp_samples", [&](const YAML::Node& one) { read_sample(one, check); });
                  }}});
    checks.push_back(std::move(check));
  }

  void read_sample(const YAML::Node& node, QueryCheck& check) {
    std::string labels;
    std::string value = "0";
    read_fields(node, "an expected sample",
                {{"labels", [&](const YAML::Node& is) { labels = read_text(is, "labels"); }},
                 {"value", [&](const YAML::Node& is) { value = read_text(is, "value"); }},
                 {"histogram", [&](const YAML::Node& is) { value = read_text(is, "histogram"); }}});
    try {
      check.samples.push_back(
          query::read_script_series((labels.empty() ? "{}" : labels) + ' ' + value, place_of(node).line));
    } catch (const query::ScriptError& error) {
      report(place_of(node), error.what());
    }
  }

  RuleTestFile& file_;
};

/// A clock that stands: tests measure no time.
class StandingClock final : public base::Clock {
 public:
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const noexcept override { return {}; }
  [[nodiscard]] std::chrono::system_clock::time_point system_now() const noexcept override { return {}; }
};

std::string text_of(const std::vector<ExpectedAlert>& alerts) {
  if (alerts.empty()) return "none";
  std::string text;
  for (const ExpectedAlert& alert : alerts) {
    text += "\n      " + alert.labels.to_string();
    for (const auto& [key, value] : alert.annotations)
      text.append("\n        ").append(key).append(": ").append(value);
  }
  return text;
}

struct LabelledValue {
  LabelSet labels;
  query::ScriptValue value;
};

/// Exact, as promtool compares. A file need not name the hint of a histogram.
bool is_expected(const LabelledValue& expected, const LabelledValue& found) {
  if (expected.labels != found.labels) return false;
  query::ScriptValue value = found.value;
  if (value.histogram != nullptr && expected.value.histogram != nullptr && !expected.value.has_hint) {
    auto without_hint = std::make_shared<series::FloatHistogram>(*value.histogram);
    without_hint->hint = expected.value.histogram->hint;
    value.histogram = std::move(without_hint);
  }
  return query::script_text(expected.value) == query::script_text(value);
}

std::string text_of(const std::vector<LabelledValue>& samples) {
  if (samples.empty()) return "none";
  std::string text;
  for (const LabelledValue& one : samples)
    text += "\n      " + one.labels.to_string() + ' ' + query::script_text(one.value);
  return text;
}

class TestRun final {
 public:
  TestRun(const RuleTestFile& file, const RuleTest& test, std::vector<RuleSource> rules,
          RuleTestReport& report)
      : file_(file), test_(test), report_(report), engine_({.takes_experimental = true, .limits = {}}) {
    store_.load(test.input);
    EvaluatorOptions options;
    options.external_labels = test.external_labels;
    options.external_url = test.external_url;
    evaluator_.emplace(store_, store_, engine_, clock_, std::move(options));
    // Each step of the file evaluates all groups, whatever their own interval.
    for (RuleSource& source : rules) {
      for (RuleGroup& group : source.groups) group.interval_ms = 1;
    }
    evaluator_->use(std::move(rules), -1);
  }

  void run() {
    std::int64_t last = 0;
    for (const AlertCheck& check : test_.alerts) last = std::max(last, check.time_ms);
    for (const QueryCheck& check : test_.queries) last = std::max(last, check.time_ms);
    if (last / file_.interval_ms > kMostSteps) {
      throw std::runtime_error("more than " + std::to_string(kMostSteps) +
                               " steps; a longer evaluation_interval or earlier eval_time makes fewer");
    }
    for (std::int64_t time = 0; time <= last; time += file_.interval_ms) {
      evaluator_->tick(time, false);
      tell_faults(time);
      for (const AlertCheck& check : test_.alerts) {
        if (check.time_ms >= time && check.time_ms < time + file_.interval_ms) compare(check);
      }
    }
    for (const QueryCheck& check : test_.queries) compare(check);
  }

 private:
  void fail(const std::string& text) {
    report_.failures.push_back((test_.name.empty() ? "" : "test \"" + test_.name + "\": ") + text);
  }
  static std::string at(std::int64_t time_ms) { return ", time: " + query::milliseconds_text(time_ms); }

  void tell_faults(std::int64_t time) {
    for (const GroupStatus& group : evaluator_->groups()) {
      for (const RuleStatus& rule : group.rules) {
        if (rule.health == RuleHealth::bad) fail("rule: " + rule.name + at(time) + ": " + rule.error);
      }
    }
  }

  void compare(const AlertCheck& check) {
    ++report_.checks;
    std::vector<ExpectedAlert> found;
    for (const GroupStatus& group : evaluator_->groups()) {
      for (const RuleStatus& rule : group.rules) {
        if (rule.kind != RuleKind::alerting || rule.name != check.name) continue;
        for (const Alert& alert : rule.alerts) {
          if (alert.state != AlertState::firing) continue;
          found.push_back({alert.labels, alert.annotations});
          std::ranges::sort(found.back().annotations);
        }
      }
    }
    std::vector<ExpectedAlert> expected = check.alerts;
    const auto by_text = [](const ExpectedAlert& alert) {
      return std::pair(alert.labels.to_string(), alert.annotations);
    };
    std::ranges::sort(found, {}, by_text);
    std::ranges::sort(expected, {}, by_text);
    if (found == expected) return;
    fail("alertname: " + check.name + at(check.time_ms) + "\n    expected: " + text_of(expected) +
         "\n    got: " + text_of(found));
  }

  void compare(const QueryCheck& check) {
    ++report_.checks;
    try {
      const query::QueryResult result =
          engine_.run(store_, {.query = check.query, .start_ms = check.time_ms, .end_ms = check.time_ms});
      std::vector<LabelledValue> found;
      if (result.type == query::ValueType::scalar) found.push_back({LabelSet(), {result.scalar, nullptr}});
      for (const query::ResultSeries& one : result.series) {
        for (const auto& [time, value] : one.numbers) found.push_back({one.labels, {value, nullptr}});
        for (const auto& [time, value] : one.histograms) found.push_back({one.labels, {std::nullopt, value}});
      }
      std::vector<LabelledValue> expected;
      for (const query::ScriptSeries& one : check.samples) {
        for (query::ScriptValue& value : query::values_of(one, 2))
          expected.push_back({one.labels, std::move(value)});
      }
      std::ranges::sort(found, {}, &LabelledValue::labels);
      std::ranges::sort(expected, {}, &LabelledValue::labels);
      if (!std::ranges::equal(expected, found, is_expected)) {
        fail("expr: " + check.query + at(check.time_ms) + "\n    expected: " + text_of(expected) +
             "\n    got: " + text_of(found));
      }
    } catch (const std::runtime_error& error) {
      fail("expr: " + check.query + at(check.time_ms) + ": " + error.what());
    } catch (const std::invalid_argument& error) {  // a query that does not parse
      fail("expr: " + check.query + at(check.time_ms) + ": " + error.what());
    }
  }

  const RuleTestFile& file_;
  const RuleTest& test_;
  RuleTestReport& report_;
  StandingClock clock_;
  query::ScriptStore store_;
  query::Engine engine_;
  std::optional<Evaluator> evaluator_;
};

/// Groups that the file names come in that order, behind the others.
void order_groups(const std::vector<std::string>& order, std::vector<RuleSource>& rules) {
  std::vector<RuleSource> groups;
  for (RuleSource& source : rules) {
    for (RuleGroup& group : source.groups) {
      RuleSource& one = groups.emplace_back(RuleSource{source.file, {}});
      one.groups.push_back(std::move(group));
    }
  }
  const auto place = [&](const RuleSource& one) {
    const auto found = std::ranges::find(order, one.groups.front().name);
    return found == order.end() ? 0 : found - order.begin();
  };
  std::ranges::stable_sort(groups, {}, place);
  rules = std::move(groups);
}

/// All rules of the files; nothing, and reported, where one cannot be used.
std::optional<std::vector<RuleSource>> read_rules(const RuleTestFile& file, const RuleFileSource& rule_files,
                                                  RuleTestReport& report) {
  std::vector<RuleSource> rules;
  for (const std::string& pattern : file.rule_files) {
    const auto texts = rule_files(pattern);
    if (!texts) {
      report.problems.push_back({{}, "rule_files: \"" + pattern + "\" cannot be read; correct the path"});
      return std::nullopt;
    }
    for (const auto& [path, text] : *texts) {
      RuleFile read = read_rule_file(text, {.takes_experimental = true});
      for (const RuleProblem& problem : read.problems) {
        report.problems.push_back({{},
                                   path + ':' + std::to_string(problem.place.line) + ':' +
                                       std::to_string(problem.place.column) + ": " + problem.text});
      }
      rules.push_back({path, std::move(read.groups)});
    }
  }
  if (!report.problems.empty()) return std::nullopt;
  order_groups(file.group_order, rules);
  return rules;
}

}  // namespace

RuleTestReport run_rule_tests(std::string_view text, const RuleFileSource& rule_files) {
  RuleTestReport report;
  RuleTestFile file;
  if (!read_yaml(text, kMostBytesOfTests, report.problems,
                 [&](const YAML::Node& root) { RuleTestReader(file, report.problems).read(root); }) ||
      !report.problems.empty()) {
    return report;
  }
  for (const RuleTest& test : file.tests) {
    // Anew for each test: rules cannot be copied.
    auto rules = read_rules(file, rule_files, report);
    if (!rules) return report;
    try {
      TestRun(file, test, std::move(*rules), report).run();
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      report.failures.push_back((test.name.empty() ? "" : "test \"" + test.name + "\": ") + error.what());
    }
  }
  return report;
}

}  // namespace kymo::KYMO_ABI::alert
