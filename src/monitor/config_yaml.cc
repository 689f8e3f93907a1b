#include "config_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <utility>

#include "setting_value.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

/// Sections do not nest deeper than this; what does is no configuration.
constexpr std::size_t kMaxDepth = 8;

/// Ends the reading of a file whose structure makes no sense from here on.
struct Stop {};

std::size_t line_of(const YAML::Mark& mark) {
  return mark.is_null() ? 0 : static_cast<std::size_t>(mark.line) + 1;
}

/// The most frequent reason why a file that looks right is none (YAML 1.2, section 6.1).
std::string tab_hint(std::string_view text, std::size_t line) {
  for (; line > 1 && !text.empty(); --line)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  const std::string_view content = text.substr(0, text.find('\n'));
  const std::string_view indent = content.substr(0, content.find_first_not_of(" \t"));
  return indent.find('\t') == std::string_view::npos ? "" : "; indent with spaces, not with tabs";
}

/// Takes yaml-cpp's events one by one. No tree is built, so neither aliases nor repeated keys are lost or
/// multiplied.
class SettingsReader final : public YAML::EventHandler {
 public:
  explicit SettingsReader(YamlSettings& settings) noexcept : settings_(settings) {}

  [[nodiscard]] const YAML::Mark& start() const noexcept { return start_; }  ///< of the newest document

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (path_.empty()) return;  // an empty file
    if (awaiting_key()) fail(mark, "a setting has no name");
    if (in_list_) fail(mark, name() + ": an item of the list is empty");
    report(path_.back().line, name() + ": has no value; remove the line to have the default");
    end_value();
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fail(mark, "aliases (*name) are not understood here; write the value itself");
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& text) override {
    if (path_.empty()) fail(mark, "expected settings such as `listen: 127.0.0.1:9464`, found " + quote(text));
    if (in_list_) {
      items_.push_back(text);
    } else if (awaiting_key()) {
      path_.back() = {text, line_of(mark)};
    } else {
      settings_.entries.push_back({name(), path_.back().line, text});
      end_value();
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    if (path_.empty()) fail(mark, "expected settings such as `listen: 127.0.0.1:9464`, found a list");
    if (awaiting_key()) fail(mark, "a list cannot be the name of a setting");
    if (in_list_) fail(mark, name() + ": a list within a list");
    in_list_ = true;
    items_.clear();
  }
  void OnSequenceEnd() override {
    in_list_ = false;
    settings_.entries.push_back({name(), path_.back().line, std::exchange(items_, {})});
    end_value();
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    if (in_list_) fail(mark, name() + ": settings within a list");
    if (!path_.empty() && awaiting_key()) fail(mark, "settings cannot be the name of a setting");
    if (path_.size() >= kMaxDepth) fail(mark, "sections nested deeper than " + std::to_string(kMaxDepth));
    path_.emplace_back();
  }
  void OnMapEnd() override {
    path_.pop_back();
    if (!path_.empty()) end_value();
  }

 private:
  struct Key {
    std::string text;
    std::size_t line = 0;  ///< 0: none read yet
  };

  [[nodiscard]] bool awaiting_key() const { return path_.back().line == 0; }
  void end_value() { path_.back() = {}; }

  /// The keys from the outermost section to here, joined.
  [[nodiscard]] std::string name() const {
    std::string name;
    for (const Key& key : path_) name += (name.empty() ? "" : ".") + key.text;
    return name;
  }
  void report(std::size_t line, std::string message) {
    settings_.errors.push_back({line, std::move(message)});
  }
  [[noreturn]] void fail(const YAML::Mark& mark, std::string message) {
    report(line_of(mark), std::move(message));
    throw Stop();
  }

  YamlSettings& settings_;
  YAML::Mark start_;
  std::vector<Key> path_;  ///< one key for each map that is open
  std::vector<std::string> items_;
  bool in_list_ = false;
};

}  // namespace

YamlSettings read_yaml_settings(std::string_view text) {
  YamlSettings settings;
  if (text.find('\0') != std::string_view::npos) {
    settings.errors.push_back({0, "is not a text file: it holds a NUL byte"});
    return settings;
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    SettingsReader reader(settings);
    parser.HandleNextDocument(reader);
    const std::size_t known = settings.entries.size();
    for (YAML::Mark start = reader.start(); parser.HandleNextDocument(reader); start = reader.start()) {
      // yaml-cpp stops before a misplaced comma or bracket, and begins a document there for ever.
      if (reader.start().pos == start.pos) throw YAML::ParserException(start, "unexpected character");
      if (settings.entries.size() == known) continue;
      settings.errors.push_back({settings.entries[known].line, "a second document; expected one"});
      settings.entries.resize(known);
      break;
    }
  } catch (const Stop&) {
    // Reported already.
  } catch (const YAML::Exception& error) {
    // What was read before may mean something else than it seems to: one error of the file, not several of
    // its parts.
    settings = {};
    const std::size_t line = line_of(error.mark);
    settings.errors.push_back({line, "is not valid YAML: " + error.msg + tab_hint(text, line)});
  }
  return settings;
}

}  // namespace kymo::KYMO_ABI::monitor
