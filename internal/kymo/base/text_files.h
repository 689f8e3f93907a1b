#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// Result of reading a file.
enum class ReadResult : std::uint8_t {
  ok,
  absent,  ///< no such file, or the kernel does not support it
  failed,  ///< unreadable: no permission, an I/O error, larger than the limit
};

/// Reads small text files repeatedly, such as those of /proc and /sys. Threads: one at a time.
class TextFiles {
 public:
  virtual ~TextFiles() = default;

  /// Replaces `text` by the file's content; leaves it empty unless the result is `ok`. Its capacity is
  /// reused.
  virtual ReadResult read(std::string_view path, std::string& text) = 0;
};

/// The places of the kernel's files, and limits on reading them.
struct KernelFilesOptions {
  std::string proc_root = "/proc";  ///< replaces `/proc` in a path
  std::string sys_root = "/sys";    ///< replaces `/sys` in a path
  std::size_t max_file_bytes = std::size_t{4} << 20;
  std::size_t max_open_files = 48;  ///< descriptors to keep; further files are opened each time
};

/// The real files. A file stays open (close-on-exec) and is read again from its start. The kernel's generated
/// files permit that, and it saves the path walk. After a failed read the file is reopened once, which finds
/// a cgroup that was removed and made again. Not for files replaced by renaming: reads would return the old
/// file.
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
