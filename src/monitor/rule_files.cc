#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <kymo/alert/rule_file.h>

#include "rules.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

constexpr std::size_t kMostFiles = 10'000;
constexpr std::size_t kMostFaults = 50;
/// The name of rules that the application gives as a text.
constexpr const char* kOwnText = "MonitorOptions::rules.text";

/// Faults of all files, a line each.
class Faults final {
 public:
  void add(const std::string& text) {
    if (++count_ > kMostFaults) return;
    text_ += (text_.empty() ? "" : "\n") + text;
  }
  void throw_if_any() const {
    if (count_ == 0) return;
    const std::size_t more = count_ - std::min(count_, kMostFaults);
    throw ConfigError(text_ + (more == 0 ? "" : "\nand " + std::to_string(more) + " more faults"));
  }

 private:
  std::size_t count_ = 0;
  std::string text_;
};

bool is_pattern(const std::string& text) { return text.find_first_of("*?[") != std::string::npos; }

/// The files that fit, ascending. A path that is no pattern is there in any case.
std::vector<std::string> files_of(const std::vector<std::string>& patterns) {
  std::vector<std::string> files;
  for (const std::string& pattern : patterns) {
    if (!is_pattern(pattern)) {
      files.push_back(pattern);
      continue;
    }
    ::glob_t found{};
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
      for (std::size_t i = 0; i < found.gl_pathc; ++i) files.emplace_back(found.gl_pathv[i]);
    }
    ::globfree(&found);
  }
  std::ranges::sort(files);
  const auto repeated = std::ranges::unique(files);
  files.erase(repeated.begin(), repeated.end());
  return files;
}

/// A pipe would let the reader wait for its writer.
std::string text_of(const std::string& path, std::size_t most_bytes) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) throw std::system_error(errno, std::generic_category());
  if (!S_ISREG(status.st_mode)) {
    throw ConfigError("rules.files: " + path + " is no regular file; give files, or a pattern such as " +
                      "/etc/kymo/rules/*.yaml");
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) {
    std::string block(std::size_t{64} << 10U, '\0');
    while (text.size() <= most_bytes &&
           (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0)) {
      text.append(block, 0, static_cast<std::size_t>(file.gcount()));
    }
  }
  if (!file.is_open() || file.bad()) throw std::system_error(errno, std::generic_category());
  return text;
}

void add_source(const std::string& name, const std::string& text, LoadedRules& loaded, Faults& faults) {
  alert::RuleFile file = alert::read_rule_file(text);
  for (const alert::RuleProblem& one : file.problems) {
    faults.add(name + ':' + std::to_string(one.place.line) + ':' + std::to_string(one.place.column) + ": " +
               one.text);
  }
  loaded.sources.push_back({name, std::move(file.groups)});
}

}  // namespace

std::vector<FileMark> marks_of(const std::vector<std::string>& patterns) {
  std::vector<FileMark> marks;
  for (const std::string& path : files_of(patterns)) {
    struct stat status{};
    FileMark mark{.path = path};
    if (::stat(path.c_str(), &status) == 0) {
      mark.time_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
      mark.size = status.st_size;
      mark.node = status.st_ino;
    }
    marks.push_back(std::move(mark));
  }
  return marks;
}

LoadedRules load_rules(const RuleOptions& options) {
  LoadedRules loaded{.options = options, .marks = marks_of(options.files), .sources = {}};
  Faults faults;
  if (loaded.marks.size() > kMostFiles) {
    throw ConfigError("rules.files: " + std::to_string(loaded.marks.size()) + " files fit, at most " +
                      std::to_string(kMostFiles) + " are read; give narrower patterns");
  }
  for (const FileMark& mark : loaded.marks) {
    try {
      add_source(mark.path, text_of(mark.path, alert::RuleFileOptions().most_bytes), loaded, faults);
    } catch (const std::system_error& error) {
      faults.add("rules.files: " + mark.path + " cannot be read: " + error.code().message() +
                 "; correct the path or its permissions");
    }
  }
  if (!options.text.empty()) add_source(kOwnText, options.text, loaded, faults);
  faults.throw_if_any();
  return loaded;
}

}  // namespace kymo::KYMO_ABI::monitor
