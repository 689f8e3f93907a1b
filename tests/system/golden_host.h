#pragma once

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include <kymo/system/host.h>

namespace kymo::KYMO_ABI::system {

/// A host that is a folder of files (see golden/), some of which a test replaces or takes away.
/// `host.txt` in the folder holds what does not come from files: `open_files N`, `usage CPU_SECONDS VOLUNTARY
/// INVOLUNTARY`, `space MOUNTPOINT SIZE FREE AVAILABLE FILES FILES_FREE`.
class GoldenHost final : public Host {
 public:
  explicit GoldenHost(std::string folder) : folder_(std::move(folder)) {
    std::istringstream facts(content(folder_ + "/host.txt").value_or(""));
    for (std::string line; std::getline(facts, line);) take_fact(line);
    double uptime = 0;
    if (std::istringstream(text("/proc/uptime")) >> uptime) boot_clock = uptime;
  }

  std::map<std::string, std::string, std::less<>> replaced;
  std::set<std::string, std::less<>> removed;
  std::set<std::string, std::less<>> unreadable;
  std::optional<ResourceUsage> resource_usage;
  std::optional<std::uint64_t> open_file_count;
  std::optional<double> boot_clock;  ///< seconds; as /proc/uptime has it at first
  std::map<std::string, int, std::less<>> reads;
  std::map<std::string, FileSystemSpace> spaces;
  int space_calls = 0;

  base::ReadResult read(std::string_view path, std::string& text) override {
    ++reads[std::string(path)];
    text.clear();
    if (unreadable.contains(path)) return base::ReadResult::failed;
    if (removed.contains(path)) return base::ReadResult::absent;
    const auto other = replaced.find(path);
    const std::optional<std::string> found =
        other != replaced.end() ? std::optional(other->second) : content(folder_ + std::string(path));
    if (!found) return base::ReadResult::absent;
    text = *found;
    return base::ReadResult::ok;
  }
  std::optional<FileSystemSpace> space(const std::string& mountpoint) override {
    ++space_calls;
    const auto found = spaces.find(mountpoint);
    if (found == spaces.end()) return std::nullopt;
    return found->second;
  }
  std::optional<std::uint64_t> open_files() override { return open_file_count; }
  std::optional<ResourceUsage> usage() override { return resource_usage; }
  HostIdentity identity() override {
    return {"Linux", "6.1.0", "#1 SMP", "x86_64", "host.example", "(none)"};
  }
  std::optional<double> boot_seconds() override { return boot_clock; }
  std::uint64_t ticks_per_second() const noexcept override { return 100; }
  std::uint64_t page_bytes() const noexcept override { return 4096; }

  /// When it booted by its /proc/stat, Unix time.
  [[nodiscard]] std::optional<std::int64_t> boot_time() const {
    const std::string stat = text("/proc/stat");
    const std::size_t line = stat.find("btime ");
    std::int64_t seconds = 0;
    if (line == std::string::npos || !(std::istringstream(stat.substr(line + 6)) >> seconds))
      return std::nullopt;
    return seconds;
  }

  /// The file's text, to be changed and put into `replaced`.
  [[nodiscard]] std::string text(const std::string& path) const {
    return content(folder_ + path).value_or("");
  }

 private:
  static std::optional<std::string> content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  void take_fact(const std::string& line) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "open_files") open_file_count.emplace(), words >> *open_file_count;
    if (key == "usage") {
      ResourceUsage usage;
      words >> usage.cpu_seconds >> usage.voluntary_switches >> usage.involuntary_switches;
      resource_usage = usage;
    }
    std::string mountpoint;
    FileSystemSpace space;
    if (key != "space" || !(words >> mountpoint >> space.size_bytes >> space.free_bytes)) return;
    words >> space.available_bytes >> space.files >> space.files_free;
    spaces[mountpoint] = space;
  }

  std::string folder_;
};

}  // namespace kymo::KYMO_ABI::system
