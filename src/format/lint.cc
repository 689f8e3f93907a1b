#include <kymo/format/lint.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

#include <kymo/base/ascii.h>

namespace kymo::KYMO_ABI::format {
namespace {

using Replacement = std::pair<std::string_view, std::string_view>;

/// Words that name a unit other than the base unit, and the base unit.
constexpr std::array<Replacement, 28> kOtherUnits = {{
    {"s", "seconds"},          {"sec", "seconds"},
    {"secs", "seconds"},       {"ms", "seconds"},
    {"us", "seconds"},         {"ns", "seconds"},
    {"millis", "seconds"},     {"milliseconds", "seconds"},
    {"micros", "seconds"},     {"microseconds", "seconds"},
    {"nanos", "seconds"},      {"nanoseconds", "seconds"},
    {"minutes", "seconds"},    {"hours", "seconds"},
    {"days", "seconds"},       {"kb", "bytes"},
    {"mb", "bytes"},           {"gb", "bytes"},
    {"kilobytes", "bytes"},    {"megabytes", "bytes"},
    {"gigabytes", "bytes"},    {"bits", "bytes"},
    {"percent", "ratio"},      {"percentage", "ratio"},
    {"fahrenheit", "celsius"}, {"kilometers", "meters"},
    {"milliamps", "amperes"},  {"kilograms", "grams"},
}};

constexpr std::array<std::string_view, 8> kTypeWords = {"counter", "gauge",  "histogram", "summary",
                                                        "timing",  "window", "metric",    "metrics"};

bool is_lower(char c) { return base::is_lower(c) || base::is_digit(c); }

bool is_snake_case(std::string_view name) {
  const auto fits = [](char c) { return is_lower(c) || c == '_'; };
  return !name.empty() && name.front() != '_' && name.back() != '_' && std::ranges::all_of(name, fits) &&
         name.find("__") == std::string_view::npos;
}

std::vector<std::string_view> words_of(std::string_view name) {
  std::vector<std::string_view> words;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('_'), name.size());
    words.push_back(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return words;
}

template <class Words>
bool contains(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

class FamilyLinter final {
 public:
  FamilyLinter(const FamilySnapshot& family, std::vector<LintFinding>& findings)
      : family_(family),
        name_(family.descriptor().family_name),
        words_(words_of(name_)),
        findings_(findings) {}

  void run() {
    check_name();
    check_units();
    check_help();
    check_labels();
  }

 private:
  void report(std::string problem) { findings_.push_back({family_.descriptor().name, std::move(problem)}); }

  void check_name() {
    const Descriptor& descriptor = family_.descriptor();
    if (name_.find(':') != std::string::npos) {
      report("colons are for recording rules; write _ instead");
    } else if (!is_snake_case(name_)) {
      report("the name is not snake_case: " + name_);
    }
    if (descriptor.kind != Kind::counter && words_.back() == "total") {
      report("_total is the suffix of counters, and this is no counter");
    }
    for (const std::string_view word : kTypeWords) {
      if (contains(words_, word)) report("\"" + std::string(word) + "\" is meaningless; leave it out");
    }
  }

  void check_units() {
    const std::string& unit = family_.descriptor().unit;
    for (const auto& [other, base] : kOtherUnits) {
      if (contains(words_, other) || unit == other) {
        report("\"" + std::string(other) + "\" is no base unit; measure in " + std::string(base));
      }
    }
    const bool is_time = contains(words_, "duration") || contains(words_, "latency");
    if (is_time && words_.back() != "seconds") report("a duration is in seconds; give the unit \"seconds\"");
    if (!unit.empty() && !name_.ends_with(unit)) report("the name does not end in its unit, " + unit);
  }

  void check_help() {
    const std::string& help = family_.descriptor().help;
    if (help.empty()) return report("there is no help text");
    if (help.back() != '.') report("the help text does not end with a full stop: " + help);
    // Letters of other alphabets pass; their case is unknown here.
    if (std::islower(static_cast<unsigned char>(help.front())) != 0 && !help.starts_with("kymo")) {
      report("the help text does not begin with a capital: " + help);
    }
  }

  void check_labels() {
    std::set<std::string, std::less<>> keys;
    for (std::size_t i = 0; i < family_.size(); ++i) {
      for (const LabelsView::Entry label : family_.point(i).labels) keys.emplace(label.key);
    }
    for (const std::string& key : keys) {
      if (!is_snake_case(key)) report("the label " + key + " is not snake_case");
      if (key == name_) report("the label " + key + " repeats the name");
    }
  }

  const FamilySnapshot& family_;
  const std::string& name_;
  const std::vector<std::string_view> words_;
  std::vector<LintFinding>& findings_;
};

}  // namespace

std::vector<LintFinding> lint(const Snapshot& snapshot) {
  std::vector<LintFinding> findings;
  for (const FamilySnapshot& family : snapshot.families) FamilyLinter(family, findings).run();
  return findings;
}

}  // namespace kymo::KYMO_ABI::format
