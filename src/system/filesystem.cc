#include <kymo/system/filesystem.h>

#include <algorithm>
#include <array>
#include <utility>

#include <kymo/system/text_scan.h>

namespace kymo::KYMO_ABI::system {
namespace {

/// Filesystems on a local device: statvfs() never waits for a server.
constexpr std::array<std::string_view, 21> kLocalTypes = {
    "ext2", "ext3",  "ext4",  "xfs",  "btrfs", "bcachefs", "f2fs", "jfs", "nilfs2", "reiserfs", "zfs",
    "vfat", "msdos", "exfat", "ntfs", "ntfs3", "hfsplus",  "hfs",  "ufs", "udf",    "ubifs"};
/// Other types of a root: containers, live systems, initial RAM disks.
constexpr std::array<std::string_view, 7> kRootTypes = {"overlay", "tmpfs",    "ramfs", "rootfs",
                                                        "aufs",    "squashfs", "erofs"};
/// The kernel's own filesystems. Below any other type, a path walk might wait for a server.
constexpr std::array<std::string_view, 24> kKernelTypes = {
    "proc",    "sysfs",     "devtmpfs", "devpts",     "cgroup",      "cgroup2",   "securityfs", "debugfs",
    "tracefs", "configfs",  "bpf",      "pstore",     "efivarfs",    "hugetlbfs", "mqueue",     "fusectl",
    "autofs",  "selinuxfs", "nsfs",     "rpc_pipefs", "binfmt_misc", "iso9660",   "devfs",      "binder"};

template <std::size_t N>
bool has(const std::array<std::string_view, N>& types, std::string_view type) noexcept {
  return std::ranges::find(types, type) != types.end();
}

bool may_hang(const Mount& mount) noexcept {
  return !has(kLocalTypes, mount.type) && !has(kRootTypes, mount.type) && !has(kKernelTypes, mount.type);
}

bool is_measurable(const Mount& mount) noexcept {
  return has(kLocalTypes, mount.type) || (mount.mountpoint == "/" && has(kRootTypes, mount.type));
}

bool is_at_or_below(std::string_view path, std::string_view parent) noexcept {
  if (parent == "/") return true;
  return path.starts_with(parent) && (path.size() == parent.size() || path[parent.size()] == '/');
}

bool is_octal(char c) noexcept { return c >= '0' && c <= '7'; }

/// The kernel writes a path's blanks, newlines and backslashes as `\` and three octal digits.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.size() >= 4 && rest[0] == '\\' && is_octal(rest[1]) && is_octal(rest[2]) && is_octal(rest[3])) {
      out += static_cast<char>(
          static_cast<unsigned char>((rest[1] - '0') * 64 + (rest[2] - '0') * 8 + rest[3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool has_option(std::string_view options, std::string_view wanted) noexcept {
  while (!options.empty()) {
    const std::size_t comma = std::min(options.find(','), options.size());
    if (options.substr(0, comma) == wanted) return true;
    options.remove_prefix(std::min(comma + 1, options.size()));
  }
  return false;
}

/// True when another filesystem is mounted on top of this one. Lines are unordered: parents decide.
bool is_hidden(const std::vector<Mount>& mounts, const Mount& mount) noexcept {
  return std::ranges::any_of(mounts, [&](const Mount& other) {
    return other.parent == mount.id && other.id != mount.id && other.mountpoint == mount.mountpoint;
  });
}

}  // namespace

bool parse_mount(std::string_view line, Mount& mount) {
  Words words(line);
  std::uint64_t id = 0;
  std::uint64_t parent = 0;
  std::string_view device;
  std::string_view root;
  std::string_view mountpoint;
  std::string_view options;
  if (!words.whole(id) || !words.whole(parent) || !words.next(device) || !words.next(root)) return false;
  if (!words.next(mountpoint) || !words.next(options)) return false;
  std::string_view word;
  while (words.next(word) && word != "-") {
  }
  std::string_view type;
  std::string_view source;
  if (word != "-" || !words.next(type) || !words.next(source)) return false;
  std::string_view super_options;
  static_cast<void>(words.next(super_options));  // some filesystems have none
  mount = {.id = id,
           .parent = parent,
           .device_number = std::string(device),
           .root = unescape(root),
           .mountpoint = unescape(mountpoint),
           .options = std::string(options),
           .type = std::string(type),
           .source = unescape(source),
           .super_options = std::string(super_options)};
  return true;
}

std::vector<Mount> parse_mounts(std::string_view text, bool& understood) {
  std::vector<Mount> mounts;
  understood = true;
  Lines lines(text);
  std::string_view line;
  Mount mount;
  while (lines.next(line)) {
    if (parse_mount(line, mount)) {
      mounts.push_back(std::move(mount));
    } else {
      understood = false;
    }
  }
  understood &= !lines.cut_off();
  return mounts;
}

std::vector<Mount> measurable_mounts(const std::vector<Mount>& mounts) {
  std::vector<std::string_view> hanging;
  for (const Mount& mount : mounts) {
    if (may_hang(mount)) hanging.push_back(mount.mountpoint);
  }
  std::vector<Mount> chosen;
  for (const Mount& mount : mounts) {
    const auto above = [&](std::string_view parent) { return is_at_or_below(mount.mountpoint, parent); };
    if (!is_measurable(mount) || std::ranges::any_of(hanging, above) || is_hidden(mounts, mount)) continue;
    const auto same = std::ranges::find(chosen, mount.device_number, &Mount::device_number);
    if (same == chosen.end()) {
      chosen.push_back(mount);
    } else if (mount.mountpoint.size() < same->mountpoint.size()) {
      *same = mount;
    }
  }
  return chosen;
}

void FileSystemSubject::sample(Sampling& sampling) {
  const bool fresh = read_at_ && sampling.now - *read_at_ < sampling.options.filesystem_interval;
  if (fresh) {
    sampling.omitted += omitted_;
    return;
  }
  read_at_ = sampling.now;
  filesystems_.clear();
  omitted_ = 0;
  if (!sampling.read_required("/proc/self/mountinfo")) return;
  bool understood = true;
  const std::vector<Mount> mounts = parse_mounts(sampling.text, understood);
  sampling.check(understood);
  for (Mount& mount : measurable_mounts(mounts)) {
    if (!sampling.options.mountpoints.takes(mount.mountpoint)) continue;
    if (filesystems_.size() >= sampling.options.max_filesystems) {
      ++omitted_;
      continue;
    }
    const bool read_only = has_option(mount.options, "ro") || has_option(mount.super_options, "ro");
    const std::optional<FileSystemSpace> space = sampling.host.space(mount.mountpoint);
    filesystems_.push_back({.mount = std::move(mount), .read_only = read_only, .space = space});
  }
  sampling.omitted += omitted_;
}

void FileSystemSubject::write(SnapshotWriter& writer) const {
  const auto flag = [&](const FamilyOptions& family, auto value) {
    FamilyWriter out = writer.gauge(family);
    for (const FileSystem& fs : filesystems_) {
      const std::optional<double> number = value(fs);
      if (!number) continue;
      out.add({{"device", fs.mount.source}, {"fstype", fs.mount.type}, {"mountpoint", fs.mount.mountpoint}},
              *number);
    }
  };
  write_space(writer, {"node_filesystem_size_bytes", "Size of the filesystem.", "bytes"},
              &FileSystemSpace::size_bytes);
  write_space(writer, {"node_filesystem_free_bytes", "Free space, including the reserve for root.", "bytes"},
              &FileSystemSpace::free_bytes);
  write_space(writer, {"node_filesystem_avail_bytes", "Free space for users without privileges.", "bytes"},
              &FileSystemSpace::available_bytes);
  write_space(writer, {"node_filesystem_files", "Inodes of the filesystem.", {}}, &FileSystemSpace::files);
  write_space(writer, {"node_filesystem_files_free", "Free inodes.", {}}, &FileSystemSpace::files_free);
  using Value = std::optional<double>;
  flag({"node_filesystem_readonly", "1 when mounted read-only.", {}},
       [](const FileSystem& fs) { return Value(fs.read_only ? 1 : 0); });
  flag({"node_filesystem_device_error", "1 when reading the filesystem's usage failed.", {}},
       [](const FileSystem& fs) { return Value(fs.space ? 0 : 1); });
  flag({"kymo_system_filesystem_used_ratio", "Used space as a share of used and available space.", "ratio"},
       [](const FileSystem& fs) -> Value {
         if (!fs.space || fs.space->free_bytes > fs.space->size_bytes) return std::nullopt;
         const auto used = static_cast<double>(fs.space->size_bytes - fs.space->free_bytes);
         const double usable = used + static_cast<double>(fs.space->available_bytes);
         return usable > 0 ? Value(used / usable) : std::nullopt;
       });
}

void FileSystemSubject::write_space(SnapshotWriter& writer, const FamilyOptions& family,
                                    std::uint64_t FileSystemSpace::* member) const {
  FamilyWriter out = writer.gauge(family);
  for (const FileSystem& fs : filesystems_) {
    if (!fs.space) continue;
    out.add({{"device", fs.mount.source}, {"fstype", fs.mount.type}, {"mountpoint", fs.mount.mountpoint}},
            static_cast<double>((*fs.space).*member));
  }
}

}  // namespace kymo::KYMO_ABI::system
