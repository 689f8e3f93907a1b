#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// How an attempt to read a file ended.
enum class ReadResult : std::uint8_t {
  ok,
  absent,  ///< there is no such file, or the kernel says that it does not support it
  failed,  ///< it is there and could not be read: no permission, an I/O error, larger than the limit
};

/// Reads small text files again and again, such as those of /proc and /sys. Threads: one at a time.
class TextFiles {
 public:
  virtual ~TextFiles() = default;

  /// Replaces `text` by the file's content; leaves it empty unless the result is `ok`. Its capacity is
  /// reused.
  virtual ReadResult read(std::string_view path, std::string& text) = 0;
};

/// Where the kernel's files are, and what reading them may take.
struct KernelFilesOptions {
  std::string proc_root = "/proc";  ///< what `/proc` in a path stands for
  std::string sys_root = "/sys";    ///< what `/sys` in a path stands for
  std::size_t max_file_bytes = std::size_t{4} << 20;
  std::size_t max_open_files = 48;  ///< how many descriptors are kept; further files are opened each time
};

/// The real files. A file stays open (close-on-exec) and is read again from its start, which the kernel's
/// generated files permit and which saves the path walk. One that fails is opened anew once, so a cgroup that
/// was removed and made again is found. Not for files that are replaced by renaming: the old one would be
/// read on.
///
/// After a fork the child opens its own: `/proc/self` of the parent is not its own.
/// Errors: no exception but `std::bad_alloc`.
class KernelFiles final : public TextFiles {
 public:
  explicit KernelFiles(KernelFilesOptions options = {});
  ~KernelFiles() override;
  KernelFiles(const KernelFiles&) = delete;
  KernelFiles& operator=(const KernelFiles&) = delete;

  ReadResult read(std::string_view path, std::string& text) override;

  /// `path` with `/proc` and `/sys` replaced by their roots.
  [[nodiscard]] std::string locate(std::string_view path) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kymo::KYMO_ABI::base
