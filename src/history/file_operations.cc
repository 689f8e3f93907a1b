#include "file_operations.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace kymo::KYMO_ABI::history {
namespace {

constexpr mode_t kOwnerOnlyMode = 0600;

[[noreturn]] void fail_with(const char* call, const std::string& path) {
  throw std::system_error(errno, std::generic_category(), std::string("cannot ") + call + " " + path);
}

}  // namespace

int FileOperations::open(const std::string& path, int flags) noexcept {
  return ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, kOwnerOnlyMode);
}

ssize_t FileOperations::write(int file, std::span<const std::byte> bytes) noexcept {
  return ::write(file, bytes.data(), bytes.size());
}

ssize_t FileOperations::pread(int file, std::span<std::byte> bytes, off_t offset) noexcept {
  return ::pread(file, bytes.data(), bytes.size(), offset);
}

int FileOperations::fsync(int file) noexcept { return ::fsync(file); }

int FileOperations::fdatasync(int file) noexcept { return ::fdatasync(file); }

int FileOperations::unlink(const std::string& path) noexcept { return ::unlink(path.c_str()); }

int FileOperations::rename(const std::string& from, const std::string& to) noexcept {
  return std::rename(from.c_str(), to.c_str());
}

FileOperations& FileOperations::of_the_system() {
  static FileOperations system;
  return system;
}

base::FileDescriptor open_file(FileOperations& files, const std::string& path, int flags) {
  int file = -1;
  do file = files.open(path, flags);
  while (file < 0 && errno == EINTR);
  if (file < 0) fail_with("open", path);
  return base::FileDescriptor(file);
}

void write_all(FileOperations& files, int file, std::span<const std::byte> bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = files.write(file, bytes);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_with("write to", path);
    if (written == 0) {
      errno = EIO;
      fail_with("write to", path);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void rename_file(FileOperations& files, const std::string& from, const std::string& to) {
  if (files.rename(from, to) != 0) fail_with("rename", from);
}

void sync_file(FileOperations& files, int file, const std::string& path) {
  while (files.fdatasync(file) != 0) {
    if (errno != EINTR) fail_with("sync", path);
  }
}

void sync_folder(FileOperations& files, const std::string& path) {
  const base::FileDescriptor folder = open_file(files, path, O_RDONLY | O_DIRECTORY);
  // Some file systems have no sync of a folder.
  while (files.fsync(folder.get()) != 0 && errno != EINVAL) {
    if (errno != EINTR) fail_with("sync", path);
  }
}

std::size_t read_at(FileOperations& files, int file, std::size_t offset, std::span<std::byte> bytes,
                    const std::string& path) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = files.pread(file, bytes.subspan(done), static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with("read", path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

bool is_deleted_file(int file) noexcept {
  struct stat about{};
  return ::fstat(file, &about) == 0 && about.st_nlink == 0;
}

std::size_t size_of_file(int file, const std::string& path) {
  struct stat about{};
  if (::fstat(file, &about) != 0) fail_with("inspect", path);
  return static_cast<std::size_t>(about.st_size);
}

}  // namespace kymo::KYMO_ABI::history
