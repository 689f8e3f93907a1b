#include <kymo/alert/rule_file.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

#include <yaml-cpp/yaml.h>

#include <kymo/alert/template.h>
#include <kymo/base/parse_number.h>
#include <kymo/base/utf8.h>
#include <kymo/core/names.h>
#include <kymo/query/parser.h>
#include <kymo/series/label_set.h>

#include "yaml_reader.h"

namespace kymo::KYMO_ABI::alert {
namespace {

FilePlace place_at(std::string_view file, std::size_t at) {
  const std::string_view before = file.substr(0, at);
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1, before.size() - line_begin + 1};
}

/// The byte of the file that byte `at` of a text in quotes comes from; `begin` is the quote. Nothing behind a
/// line break or an escape of several bytes.
std::optional<std::size_t> within_quotes(std::string_view file, std::size_t begin, std::size_t at) {
  constexpr std::string_view kEscapesOfOneByte = "\"\\/ abefnrtv0";
  const char quote = file[begin];
  std::size_t from = begin + 1;
  for (std::size_t passed = 0; passed < at; ++passed) {
    if (from + 1 >= file.size() || file[from] == '\n') return std::nullopt;
    const bool is_escape = quote == '"' && file[from] == '\\';
    if (is_escape && kEscapesOfOneByte.find(file[from + 1]) == std::string_view::npos) return std::nullopt;
    from += is_escape || file[from] == quote ? 2 : 1;
  }
  return from;
}

/// The place of byte `at` of a scalar's text. Indents and folds are no part of that text, so its line is
/// looked for in the file.
FilePlace place_in(std::string_view file, const YAML::Node& node, std::size_t at) {
  const std::string_view text = node.Scalar();
  at = std::min(at, text.size());
  const auto from = static_cast<std::size_t>(std::max(0, node.Mark().pos));
  if (from < file.size() && (file[from] == '"' || file[from] == '\'')) {
    if (const auto found = within_quotes(file, from, at)) return place_at(file, *found);
  }
  const std::size_t last_break = text.substr(0, at).rfind('\n');
  const std::size_t begin = last_break == std::string_view::npos ? 0 : last_break + 1;
  const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  const std::size_t found =
      line.empty() || from > file.size() ? std::string_view::npos : file.find(line, from);
  return found == std::string_view::npos ? place_of(node) : place_at(file, found + (at - begin));
}

class RuleFileReader final : YamlReader {
 public:
  RuleFileReader(std::string_view text, const RuleFileOptions& options, RuleFile& file)
      : YamlReader(file.problems), text_(text), options_(options), file_(file) {}

  void read(const YAML::Node& root) {
    if (root.IsNull()) return;
    read_fields(root, "a rule file", {{"groups", [&](const YAML::Node& node) {
                                         read_items(node, "groups",
                                                    [&](const auto& one) { read_group(one); });
                                       }}});
    warn_of_duplicates();
  }

 private:
  [[nodiscard]] std::size_t read_limit(const YAML::Node& node) {
    const std::string text = read_text(node, "limit");
    const auto number = base::parse_number<std::int64_t>(text);
    if (!number) report(place_of(node), "limit: " + quoted(text) + " is no whole number; 0 is no limit");
    return static_cast<std::size_t>(std::max<std::int64_t>(number.value_or(0), 0));
  }

  void read_group(const YAML::Node& node) {
    RuleGroup group;
    group.place = place_of(node);
    const std::size_t problems = file_.problems.size();
    read_fields(
        node, "a group",
        {{"name", [&](const YAML::Node& is) { group.name = read_text(is, "name"); }},
         {"interval", [&](const YAML::Node& is) { group.interval_ms = read_duration(is, "interval"); }},
         {"query_offset",
          [&](const YAML::Node& is) { group.query_offset_ms = read_duration(is, "query_offset"); }},
         {"limit", [&](const YAML::Node& is) { group.limit = read_limit(is); }},
         {"labels", [&](const YAML::Node& is) { group.labels = read_pairs(is, "labels"); }},
         {"rules", [&](const YAML::Node& is) {
            read_items(is, "rules", [&](const YAML::Node& one) { read_rule(one, group.rules); });
          }}});
    if (node.IsMap()) check_name(group);
    if (group.interval_ms == 0) group.interval_ms.reset();
    if (file_.problems.size() == problems) file_.groups.push_back(std::move(group));
  }

  void check_name(const RuleGroup& group) {
    if (group.name.empty()) {
      report(group.place, "a group has no name; add \"name: …\"");
    } else if (!names_.insert(group.name).second) {
      report(group.place, "two groups have the name " + quoted(group.name) + "; rename one");
    }
  }

  void read_rule(const YAML::Node& node, std::vector<Rule>& rules) {
    Rule rule;
    rule.place = place_of(node);
    const std::size_t problems = file_.problems.size();
    std::string record;
    std::string alert;
    YAML::Node expression;
    YAML::Node labels;
    YAML::Node annotations;
    bool has_for = false;
    bool has_keep_firing = false;
    read_fields(
        node, "a rule",
        {{"record", [&](const YAML::Node& is) { record = read_text(is, "record"); }},
         {"alert", [&](const YAML::Node& is) { alert = read_text(is, "alert"); }},
         {"expr", [&](const YAML::Node& is) { expression.reset(is); }},
         {"for",
          [&](const YAML::Node& is) { rule.for_ms = read_duration(is, "for"), has_for = rule.for_ms != 0; }},
         {"keep_firing_for",
          [&](const YAML::Node& is) {
            rule.keep_firing_ms = read_duration(is, "keep_firing_for");
            has_keep_firing = rule.keep_firing_ms != 0;
          }},
         {"labels",
          [&](const YAML::Node& is) {
            rule.labels = read_pairs(is, "labels");
            labels.reset(is);
          }},
         {"annotations", [&](const YAML::Node& is) {
            rule.annotations = read_pairs(is, "annotations");
            annotations.reset(is);
          }}});
    if (!node.IsMap()) return;
    rule.kind = record.empty() ? RuleKind::alerting : RuleKind::recording;
    check_kind(rule, record, alert);
    rule.name = record.empty() ? alert : record;
    read_query(expression, rule);
    if (!alert.empty()) {
      check_templates(labels, "label");
      check_templates(annotations, "annotation");
    }
    if (file_.problems.size() == problems) rules.push_back(std::move(rule));
  }

  void check_kind(const Rule& rule, const std::string& record, const std::string& alert) {
    if (record.empty() == alert.empty()) {
      report(rule.place, record.empty() ? "a rule has neither \"record\" nor \"alert\"; add one of them"
                                        : "a rule has both \"record\" and \"alert\"; make two rules of it");
      return;
    }
    if (record.empty()) return;
    if (record.find_first_of("{}") != std::string::npos || !base::is_utf8(record)) {
      report(rule.place, "record: " + quoted(record) + " is no name of a metric; labels go into \"labels\"");
    }
    const auto refuse = [&](bool is_there, std::string_view key) {
      if (is_there)
        report(rule.place,
               "record " + quoted(record) + " has " + quoted(key) + ", which only alerts have; remove it");
    };
    refuse(rule.for_ms != 0, "for");
    refuse(rule.keep_firing_ms != 0, "keep_firing_for");
    refuse(!rule.annotations.empty(), "annotations");
  }

  void read_query(const YAML::Node& node, Rule& rule) {
    const std::string name = rule.name.empty() ? "a rule" : quoted(rule.name);
    if (node.IsDefined()) rule.query = read_text(node, "expr");
    if (rule.query.empty()) {
      report(rule.place, name + " has no query; add \"expr: …\"");
      return;
    }
    try {
      rule.expression = query::parse(rule.query, {.takes_experimental = options_.takes_experimental});
    } catch (const query::QueryError& error) {
      report(place_in(text_, node, error.span().begin), error.what());
    }
  }

  void check_templates(const YAML::Node& map, std::string_view what) {
    if (!map.IsMap()) return;
    for (const auto& entry : map) {
      if (!entry.first.IsScalar() || !entry.second.IsScalar()) continue;
      for (const TemplateProblem& problem : check_template(entry.second.Scalar()))
        report(place_in(text_, entry.second, problem.at),
               std::string(what) + ' ' + quoted(entry.first.Scalar()) + ": " + problem.text);
    }
  }

  // Two rules that write the same series, or fire the same alert.
  void warn_of_duplicates() {
    std::set<std::pair<std::string, TextPairs>> seen;
    for (const RuleGroup& group : file_.groups) {
      for (const Rule& rule : group.rules) {
        TextPairs labels = rule.labels;
        std::ranges::sort(labels);
        if (seen.emplace(rule.name, std::move(labels)).second) continue;
        file_.warnings.push_back(
            {rule.place,
             quoted(rule.name) + " stands twice with the same labels; rename one or change its labels"});
      }
    }
  }

  std::string_view text_;
  const RuleFileOptions& options_;
  RuleFile& file_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace

RuleFile read_rule_file(std::string_view text, const RuleFileOptions& options) {
  RuleFile file;
  const bool is_yaml = read_yaml(text, options.most_bytes, file.problems, [&](const YAML::Node& root) {
    RuleFileReader(text, options, file).read(root);
  });
  if (!is_yaml) {
    file.groups.clear();
    file.warnings.clear();
  }
  std::ranges::stable_sort(file.problems, std::less<>(), &RuleProblem::place);
  std::ranges::stable_sort(file.warnings, std::less<>(), &RuleProblem::place);
  return file;
}

}  // namespace kymo::KYMO_ABI::alert
