#include <kymo/alert/rule_file.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <set>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <kymo/alert/template.h>
#include <kymo/base/parse_number.h>
#include <kymo/base/utf8.h>
#include <kymo/core/names.h>
#include <kymo/query/duration_text.h>
#include <kymo/query/parser.h>
#include <kymo/series/label_set.h>

namespace kymo::KYMO_ABI::alert {
namespace {

constexpr std::size_t kLongestQuoted = 64;

std::string quoted(std::string_view text) {
  return '"' + std::string(base::cut_utf8(text, kLongestQuoted)) + '"';
}

FilePlace place_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

FilePlace place_of(const YAML::Node& node) { return place_of(node.Mark()); }

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

using FieldReader = std::function<void(const YAML::Node&)>;

struct Field {
  std::string_view name;
  FieldReader read;
};

class RuleFileReader final {
 public:
  RuleFileReader(std::string_view text, const RuleFileOptions& options, RuleFile& file)
      : text_(text), options_(options), file_(file) {}

  void read(const YAML::Node& root) {
    if (root.IsNull()) return;
    read_fields(root, "a rule file", {{"groups", [&](const YAML::Node& node) {
                                         read_items(node, "groups",
                                                    [&](const auto& one) { read_group(one); });
                                       }}});
    warn_of_duplicates();
  }

 private:
  void report(FilePlace place, std::string text) { file_.problems.push_back({place, std::move(text)}); }

  // Passes over what stands twice: it is reported, and the first counts.
  void read_fields(const YAML::Node& map, std::string_view what, const std::vector<Field>& fields) {
    if (!map.IsMap()) {
      std::string names;
      for (const Field& field : fields) names += (names.empty() ? "" : ", ") + std::string(field.name);
      report(place_of(map), std::string(what) + " is no map; expected the keys " + names);
      return;
    }
    std::set<std::string, std::less<>> seen;
    for (const auto& entry : map) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const auto field = std::ranges::find(fields, key, &Field::name);
      if (field == fields.end()) {
        report_unknown(entry.first, key, what, fields);
      } else if (!seen.insert(key).second) {
        report(place_of(entry.first),
               "key " + quoted(key) + " stands twice in " + std::string(what) + "; remove one");
      } else {
        field->read(entry.second);
      }
    }
  }

  void report_unknown(const YAML::Node& key_node, const std::string& key, std::string_view what,
                      const std::vector<Field>& fields) {
    std::vector<std::string> names;
    for (const Field& field : fields) names.emplace_back(field.name);
    const std::string near = nearest_name(key, names);
    std::string remedy = "did you mean " + quoted(near) + "?";
    if (near.empty()) {
      remedy = "expected one of";
      for (const std::string& name : names) remedy += ' ' + name;
    }
    report(place_of(key_node), "unknown key " + quoted(key) + " in " + std::string(what) + "; " + remedy);
  }

  template <class Read>
  void read_items(const YAML::Node& list, std::string_view what, const Read& read_item) {
    if (list.IsNull()) return;
    if (!list.IsSequence()) {
      report(place_of(list), std::string(what) + " is no list; begin each item with \"- \"");
      return;
    }
    for (const YAML::Node& item : list) read_item(item);
  }

  [[nodiscard]] std::string read_text(const YAML::Node& node, std::string_view what) {
    if (node.IsNull()) return {};
    if (node.IsScalar()) return node.Scalar();
    report(place_of(node), std::string(what) + " is no text; put it in quotes");
    return {};
  }

  [[nodiscard]] std::int64_t read_duration(const YAML::Node& node, std::string_view what) {
    const std::string text = read_text(node, what);
    if (const auto duration = query::parse_milliseconds(text)) return *duration;
    report(place_of(node),
           std::string(what) + ": " + quoted(text) + " is no duration; expected one such as 5m or 1h30m");
    return 0;
  }

  [[nodiscard]] std::size_t read_limit(const YAML::Node& node) {
    const std::string text = read_text(node, "limit");
    const auto number = base::parse_number<std::int64_t>(text);
    if (!number) report(place_of(node), "limit: " + quoted(text) + " is no whole number; 0 is no limit");
    return static_cast<std::size_t>(std::max<std::int64_t>(number.value_or(0), 0));
  }

  [[nodiscard]] TextPairs read_pairs(const YAML::Node& node, std::string_view what) {
    TextPairs pairs;
    if (node.IsNull()) return pairs;
    if (!node.IsMap()) {
      report(place_of(node), std::string(what) + " is no map; expected lines such as \"severity: page\"");
      return pairs;
    }
    for (const auto& entry : node) {
      std::string key = read_text(entry.first, "a key of " + std::string(what));
      if (key.empty() || !base::is_utf8(key) || (what == "labels" && key == series::kNameLabel)) {
        report(place_of(entry.first), quoted(key) + " is no name of one of the " + std::string(what) +
                                          "; expected text other than __name__");
      } else if (std::ranges::find(pairs, key, &TextPairs::value_type::first) != pairs.end()) {
        report(place_of(entry.first),
               "key " + quoted(key) + " stands twice in " + std::string(what) + "; remove one");
      } else {
        pairs.emplace_back(std::move(key), read_text(entry.second, what));
      }
    }
    return pairs;
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

class DocumentStarts final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override { marks.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}

  std::vector<YAML::Mark> marks;
};

/// Of at most two documents. YAML::LoadAll() is no way: yaml-cpp stops before a misplaced comma or bracket,
/// and begins a document there for ever.
std::vector<YAML::Mark> first_document_starts(std::string_view text) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  DocumentStarts starts;
  for (int i = 0; i < 2 && parser.HandleNextDocument(starts); ++i) {
  }
  const std::vector<YAML::Mark>& marks = starts.marks;
  if (marks.size() == 2 && marks[0].pos == marks[1].pos) {
    throw YAML::ParserException(marks[1], "unexpected character");
  }
  return marks;
}

}  // namespace

RuleFile read_rule_file(std::string_view text, const RuleFileOptions& options) {
  RuleFile file;
  if (text.size() > options.most_bytes) {
    file.problems.push_back({{},
                             "has " + std::to_string(text.size()) + " bytes, at most " +
                                 std::to_string(options.most_bytes) + " are read; split the file"});
    return file;
  }
  if (text.find('\0') != std::string_view::npos || !base::is_utf8(text)) {
    file.problems.push_back({{}, "is no text in UTF-8; save it as UTF-8"});
    return file;
  }
  try {
    const std::vector<YAML::Mark> starts = first_document_starts(text);
    RuleFileReader reader(text, options, file);
    if (starts.size() > 1) {
      file.problems.push_back({place_of(starts[1]), "a second document; make one file of each"});
    } else if (!starts.empty()) {
      reader.read(YAML::Load(std::string(text)));
    }
  } catch (const YAML::Exception& error) {
    file = {};
    file.problems.push_back(
        {place_of(error.mark), "is not valid YAML: " + error.msg +
                                   "; indent with spaces, and put texts with special characters in quotes"});
  }
  std::ranges::stable_sort(file.problems, std::less<>(), &RuleProblem::place);
  std::ranges::stable_sort(file.warnings, std::less<>(), &RuleProblem::place);
  return file;
}

}  // namespace kymo::KYMO_ABI::alert
