#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/system/subject.h>

namespace kymo::KYMO_ABI::system {

/// One line of /proc/self/mountinfo.
struct Mount {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;
  std::string device_number;  ///< `major:minor`
  std::string root;           ///< mounted part of the filesystem
  std::string mountpoint;
  std::string options;
  std::string type;
  std::string source;
  std::string super_options;
};

/// Parses one line, undoing the octal escapes. False for an invalid line.
[[nodiscard]] bool parse_mount(std::string_view line, Mount& mount);

/// Parses all valid lines; `understood` is true if every line was valid.
[[nodiscard]] std::vector<Mount> parse_mounts(std::string_view text, bool& understood);

/// The mounts with useful figures that cannot hang: local filesystems with a device, and the root; each
/// device once, by its shortest path; none below a mount that may hang.
[[nodiscard]] std::vector<Mount> measurable_mounts(const std::vector<Mount>& mounts);

/// Usage of local filesystems.
class FileSystemSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "filesystem"; }
  void sample(Sampling& sampling) override;
  void write(SnapshotWriter& writer) const override;

 private:
  struct FileSystem {
    Mount mount;
    bool read_only = false;
    std::optional<FileSystemSpace> space;
  };

  void write_space(SnapshotWriter& writer, const FamilyOptions& family,
                   std::uint64_t FileSystemSpace::* member) const;

  std::vector<FileSystem> filesystems_;
  std::optional<std::chrono::steady_clock::time_point> read_at_;
  std::uint64_t omitted_ = 0;
};

}  // namespace kymo::KYMO_ABI::system
