#include "yaml_reader.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>

#include <kymo/base/utf8.h>
#include <kymo/core/names.h>
#include <kymo/query/duration_text.h>
#include <kymo/series/label_set.h>

namespace kymo::KYMO_ABI::alert {
namespace {

constexpr std::size_t kLongestQuotedText = 64;

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

std::string quoted(std::string_view text) {
  return '"' + std::string(base::cut_utf8(text, kLongestQuotedText)) + '"';
}

FilePlace place_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

FilePlace place_of(const YAML::Node& node) { return place_of(node.Mark()); }

void YamlReader::read_fields(const YAML::Node& map, std::string_view what,
                             const std::vector<YamlField>& fields) {
  if (!map.IsMap()) {
    std::string names;
    for (const YamlField& field : fields) names += (names.empty() ? "" : ", ") + std::string(field.name);
    report(place_of(map), std::string(what) + " is no map; expected the keys " + names);
    return;
  }
  std::set<std::string, std::less<>> seen;
  for (const auto& entry : map) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    const auto field = std::ranges::find(fields, key, &YamlField::name);
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

void YamlReader::report_unknown(const YAML::Node& key_node, const std::string& key, std::string_view what,
                                const std::vector<YamlField>& fields) {
  std::vector<std::string> names;
  for (const YamlField& field : fields) names.emplace_back(field.name);
  const std::string near = nearest_name(key, names);
  std::string remedy = "did you mean " + quoted(near) + "?";
  if (near.empty()) {
    remedy = "expected one of";
    for (const std::string& name : names) remedy += ' ' + name;
  }
  report(place_of(key_node), "unknown key " + quoted(key) + " in " + std::string(what) + "; " + remedy);
}

void YamlReader::read_items(const YAML::Node& list, std::string_view what,
                            const std::function<void(const YAML::Node&)>& read_item) {
  if (list.IsNull()) return;
  if (!list.IsSequence()) {
    report(place_of(list), std::string(what) + " is no list; begin each item with \"- \"");
    return;
  }
  for (const YAML::Node& item : list) read_item(item);
}

std::string YamlReader::read_text(const YAML::Node& node, std::string_view what) {
  if (node.IsNull()) return {};
  if (node.IsScalar()) return node.Scalar();
  report(place_of(node), std::string(what) + " is no text; put it in quotes");
  return {};
}

std::int64_t YamlReader::read_duration(const YAML::Node& node, std::string_view what) {
  const std::string text = read_text(node, what);
  if (const auto duration = query::parse_milliseconds(text)) return *duration;
  report(place_of(node),
         std::string(what) + ": " + quoted(text) + " is no duration; expected one such as 5m or 1h30m");
  return 0;
}

TextPairs YamlReader::read_pairs(const YAML::Node& node, std::string_view what) {
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

bool read_yaml(std::string_view text, std::size_t most_bytes, std::vector<RuleProblem>& problems,
               const std::function<void(const YAML::Node&)>& read) {
  if (text.size() > most_bytes) {
    problems.push_back({{},
                        "has " + std::to_string(text.size()) + " bytes, at most " +
                            std::to_string(most_bytes) + " are read; split the file"});
    return false;
  }
  if (text.find('\0') != std::string_view::npos || !base::is_utf8(text)) {
    problems.push_back({{}, "is no text in UTF-8; save it as UTF-8"});
    return false;
  }
  try {
    const std::vector<YAML::Mark> starts = first_document_starts(text);
    if (starts.size() > 1) {
      problems.push_back({place_of(starts[1]), "a second document; make one file of each"});
      return false;
    }
    if (!starts.empty()) read(YAML::Load(std::string(text)));
    return true;
  } catch (const YAML::Exception& error) {
    problems = {
        {place_of(error.mark), "is not valid YAML: " + error.msg +
                                   "; indent with spaces, and put texts with special characters in quotes"}};
    return false;
  }
}

}  // namespace kymo::KYMO_ABI::alert
