#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <kymo/base/file_descriptor.h>

namespace kymo::KYMO_ABI::history {

/// The system calls of a directory of history, which tests let fail. Each returns as the call of its name
/// does, with `errno`. Threads: any.
class FileOperations {
 public:
  FileOperations() = default;
  FileOperations(const FileOperations&) = delete;
  FileOperations& operator=(const FileOperations&) = delete;
  virtual ~FileOperations() = default;

  [[nodiscard]] virtual int open(const std::string& path, int flags) noexcept;
  [[nodiscard]] virtual ssize_t write(int file, std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] virtual ssize_t pread(int file, std::span<std::byte> bytes, off_t offset) noexcept;
  [[nodiscard]] virtual int fsync(int file) noexcept;
  [[nodiscard]] virtual int fdatasync(int file) noexcept;
  [[nodiscard]] virtual int unlink(const std::string& path) noexcept;
  [[nodiscard]] virtual int rename(const std::string& from, const std::string& to) noexcept;

  [[nodiscard]] static FileOperations& of_the_system();
};

// All throw std::system_error that names the call and the path.

[[nodiscard]] base::FileDescriptor open_file(FileOperations& files, const std::string& path, int flags);
void write_all(FileOperations& files, int file, std::span<const std::byte> bytes, const std::string& path);
void rename_file(FileOperations& files, const std::string& from, const std::string& to);
void sync_file(FileOperations& files, int file, const std::string& path);
void sync_folder(FileOperations& files, const std::string& path);
/// Reads from `offset` on; returns the number of bytes, fewer at the end of the file.
[[nodiscard]] std::size_t read_at(FileOperations& files, int file, std::size_t offset,
                                  std::span<std::byte> bytes, const std::string& path);
/// Whether no folder has the open file any more.
[[nodiscard]] bool is_deleted_file(int file) noexcept;
[[nodiscard]] std::size_t size_of_file(int file, const std::string& path);

}  // namespace kymo::KYMO_ABI::history
