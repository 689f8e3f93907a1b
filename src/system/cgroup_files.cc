#include <kymo/system/cgroup_files.h>

#include <algorithm>
#include <array>
#include <utility>

#include <kymo/system/text_scan.h>

namespace kymo::KYMO_ABI::system {
namespace {

constexpr std::size_t kMaxDepth = 32;
/// Version 1 writes "no limit" as the largest multiple of a page below 2^63.
constexpr std::uint64_t kNoLimitV1 = std::uint64_t{1} << 62;

std::string_view first_line(std::string_view text) noexcept {
  std::string_view line;
  Lines lines(text);
  static_cast<void>(lines.next(line));
  return line;
}

/// Takes each line's key and number. False for an invalid or incomplete line.
template <class Take>
bool read_counts(std::string_view text, Take take) {
  bool understood = true;
  Lines lines(text);
  std::string_view line;
  while (lines.next(line)) {
    Words words(line);
    std::string_view key;
    std::uint64_t count = 0;
    const bool is_pair = words.next(key) && words.count(count);
    understood &= is_pair;
    if (is_pair) take(key, count);
  }
  return understood && !lines.cut_off();
}

std::vector<std::string> split_controllers(std::string_view list) {
  std::vector<std::string> controllers;
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    if (!one.empty()) controllers.emplace_back(one);
    list.remove_prefix(std::min(one.size() + 1, list.size()));
  }
  return controllers;
}

bool names(std::string_view list, std::string_view controller) {
  return std::ranges::any_of(split_controllers(list),
                             [&](const std::string& one) { return one == controller; });
}

/// The path of the cgroup within the mount. In a container the mount may show only a part of the hierarchy;
/// its root is then the container's group. A group outside of the mount counts as the mount's root.
std::optional<std::string> path_in_mount(std::string_view path, std::string_view mount_root) {
  if (path.find("/..") != std::string_view::npos) return std::nullopt;
  if (mount_root == "/") return path == "/" ? std::string() : std::string(path);
  if (!path.starts_with(mount_root)) return std::nullopt;
  path.remove_prefix(mount_root.size());
  if (!path.empty() && path.front() != '/') return std::nullopt;
  return std::string(path);
}

std::vector<std::string> directories_up(const std::string& mountpoint, std::string path) {
  std::vector<std::string> directories;
  while (!path.empty() && directories.size() < kMaxDepth) {
    directories.push_back(mountpoint + path);
    path.resize(std::min(path.rfind('/'), path.size()));
  }
  directories.push_back(mountpoint);
  return directories;
}

std::optional<CgroupPlace> place_in(const CgroupMembership& membership, const std::vector<Mount>& mounts,
                                    std::string_view controller) {
  const bool v2 = membership.controllers.empty();
  const Mount* best = nullptr;
  std::optional<std::string> path;
  for (const Mount& mount : mounts) {
    if (mount.type != (v2 ? "cgroup2" : "cgroup")) continue;
    if (!v2 && !names(mount.super_options, controller)) continue;
    auto path_here = path_in_mount(membership.path, mount.root);
    // A hierarchy may be mounted in parts: prefer the part with the group and most of its parents.
    const bool is_better = best == nullptr || (path_here && (!path || path_here->size() > path->size()));
    if (!is_better) continue;
    best = &mount;
    path = std::move(path_here);
  }
  if (best == nullptr) return std::nullopt;
  return CgroupPlace{.version = v2 ? CgroupPlace::Version::v2 : CgroupPlace::Version::v1,
                     .directories = directories_up(best->mountpoint, path.value_or(std::string()))};
}

CgroupLimit cores(std::uint64_t quota, std::uint64_t period) noexcept {
  if (period == 0) return {};
  return {.understood = true, .value = static_cast<double>(quota) / static_cast<double>(period)};
}

}  // namespace

std::vector<CgroupMembership> parse_memberships(std::string_view text, bool& understood) {
  std::vector<CgroupMembership> memberships;
  understood = true;
  Lines lines(text);
  std::string_view line;
  while (lines.next(line)) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    std::uint64_t id = 0;
    if (second == std::string_view::npos || !parse_whole(line.substr(0, first), id) ||
        !line.substr(second + 1).starts_with('/')) {
      understood = false;
      continue;
    }
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty() && id != 0) continue;  // a version 1 hierarchy without controllers
    memberships.push_back(
        {.controllers = split_controllers(controllers), .path = std::string(line.substr(second + 1))});
  }
  understood &= !lines.cut_off();
  return memberships;
}

std::optional<CgroupPlace> find_cgroup(std::string_view controller,
                                       const std::vector<CgroupMembership>& memberships,
                                       const std::vector<Mount>& mounts) {
  const auto has_it = [&](const CgroupMembership& one) {
    return std::ranges::find(one.controllers, controller) != one.controllers.end();
  };
  const auto v1 = std::ranges::find_if(memberships, has_it);
  if (v1 != memberships.end()) {
    if (auto place = place_in(*v1, mounts, controller)) return place;
  }
  const auto v2 = std::ranges::find_if(memberships, [](const auto& one) { return one.controllers.empty(); });
  if (v2 == memberships.end()) return std::nullopt;
  return place_in(*v2, mounts, controller);
}

CgroupLimit parse_limit(std::string_view text) {
  const std::string_view line = first_line(text);
  if (line == "max") return {.understood = true, .value = {}};
  std::uint64_t value = 0;
  if (!parse_whole(line, value)) return {};
  if (value >= kNoLimitV1) return {.understood = true, .value = {}};
  return {.understood = true, .value = static_cast<double>(value)};
}

CgroupLimit parse_cpu_max(std::string_view text) {
  Words words(first_line(text));
  std::string_view quota;
  std::uint64_t quota_us = 0;
  std::uint64_t period_us = 0;
  if (!words.next(quota) || !words.whole(period_us)) return {};
  if (quota == "max") return {.understood = true, .value = {}};
  if (!parse_whole(quota, quota_us)) return {};
  return cores(quota_us, period_us);
}

CgroupLimit parse_cfs_quota(std::string_view quota, std::string_view period) {
  if (first_line(quota) == "-1") return {.understood = true, .value = {}};
  std::uint64_t quota_us = 0;
  std::uint64_t period_us = 0;
  if (!parse_whole(first_line(quota), quota_us) || !parse_whole(first_line(period), period_us)) return {};
  return cores(quota_us, period_us);
}

std::optional<std::uint64_t> parse_single(std::string_view text) {
  std::uint64_t value = 0;
  if (!parse_count(first_line(text), value)) return std::nullopt;
  return value;
}

bool parse_cpu_stat(std::string_view text, CgroupCpuStat& stat) {
  stat = {};
  return read_counts(text, [&](std::string_view key, std::uint64_t value) {
    if (key == "usage_usec") stat.usage_seconds = static_cast<double>(value) / 1e6;
    if (key == "throttled_usec") stat.throttled_seconds = static_cast<double>(value) / 1e6;
    if (key == "throttled_time") stat.throttled_seconds = static_cast<double>(value) / 1e9;
    if (key == "nr_periods") stat.periods = value;
    if (key == "nr_throttled") stat.throttled_periods = value;
  });
}

bool parse_memory_events(std::string_view text, std::vector<MemoryEvent>& events) {
  constexpr std::array<std::string_view, 6> kTypes = {"low", "high",     "max",
                                                      "oom", "oom_kill", "oom_group_kill"};
  events.clear();
  return read_counts(text, [&](std::string_view key, std::uint64_t count) {
    const auto* const type = std::ranges::find(kTypes, key);
    const bool repeated = std::ranges::find(events, key, &MemoryEvent::type) != events.end();
    if (type != kTypes.end() && !repeated) events.push_back({.type = *type, .count = count});
  });
}

}  // namespace kymo::KYMO_ABI::system
