#include <kymo/system/open_files.h>

#include <dirent.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

namespace kymo::KYMO_ABI::system {
namespace {

using DirectoryPtr = std::unique_ptr<DIR, int (*)(DIR*)>;

bool is_proc(const std::string& directory) {
  struct statfs status{};
  return ::statfs(directory.c_str(), &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

}  // namespace

std::optional<std::uint64_t> count_open_files(const std::string& directory, Whose whose) {
  struct stat status{};
  // A user without permission to list can still stat it, and would read a zero.
  if (::stat(directory.c_str(), &status) != 0 || ::access(directory.c_str(), R_OK) != 0) return std::nullopt;
  // Since Linux 6.2 the directory's size is the number of open files: one call instead of one a descriptor.
  if (status.st_size > 0 && is_proc(directory)) return static_cast<std::uint64_t>(status.st_size);
  const DirectoryPtr entries(::opendir(directory.c_str()), &::closedir);
  if (entries == nullptr) return std::nullopt;
  std::uint64_t count = 0;
  while (const ::dirent* entry = ::readdir(entries.get())) {
    if (entry->d_name[0] != '.') ++count;
  }
  const bool reads_itself = whose == Whose::own && is_proc(directory);
  return count - std::min<std::uint64_t>(count, reads_itself ? 1 : 0);  // the descriptor that reads it
}

}  // namespace kymo::KYMO_ABI::system
