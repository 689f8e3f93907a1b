#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include <kymo/alert/rule_file.h>

namespace kymo::KYMO_ABI::alert {

/// The start of a text, in quotes.
[[nodiscard]] std::string quoted(std::string_view text);
[[nodiscard]] FilePlace place_of(const YAML::Mark& mark);
[[nodiscard]] FilePlace place_of(const YAML::Node& node);

/// A key of a map, and the function that takes its value.
struct YamlField {
  std::string_view name;
  std::function<void(const YAML::Node&)> read;
};

/// Reads parts of a file, and reports each problem with its place.
class YamlReader {
 public:
  explicit YamlReader(std::vector<RuleProblem>& problems) noexcept : problems_(problems) {}

  void report(FilePlace place, std::string text) { problems_.push_back({place, std::move(text)}); }

  /// Ignores a key that stands twice: it is reported, and the first counts.
  void read_fields(const YAML::Node& map, std::string_view what, const std::vector<YamlField>& fields);
  void read_items(const YAML::Node& list, std::string_view what,
                  const std::function<void(const YAML::Node&)>& read_item);
  [[nodiscard]] std::string read_text(const YAML::Node& node, std::string_view what);
  [[nodiscard]] std::int64_t read_duration(const YAML::Node& node, std::string_view what);
  [[nodiscard]] TextPairs read_pairs(const YAML::Node& node, std::string_view what);

 private:
  void report_unknown(const YAML::Node& key_node, const std::string& key, std::string_view what,
                      const std::vector<YamlField>& fields);

  std::vector<RuleProblem>& problems_;
};

/// Reads a text of one YAML document and hands its root on. False: the text is none, and `problems` has that
/// alone. No document at all is right, and nothing is handed on.
[[nodiscard]] bool read_yaml(std::string_view text, std::size_t most_bytes,
                             std::vector<RuleProblem>& problems,
                             const std::function<void(const YAML::Node&)>& read);

}  // namespace kymo::KYMO_ABI::alert
