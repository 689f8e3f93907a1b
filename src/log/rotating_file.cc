#include "rotating_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace kymo::KYMO_ABI::log {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kForbidden = {"/dev", "/proc", "/sys"};

std::string fault_of(const fs::path& place) {
  const std::string text = place.lexically_normal().string();
  const auto* folder = std::find_if(kForbidden.begin(), kForbidden.end(), [&](std::string_view forbidden) {
    return text == forbidden || text.starts_with(std::string(forbidden) + "/");
  });
  if (folder == kForbidden.end()) return {};
  return "lies in " + std::string(*folder) +
         ", where no log can be rotated; name a file on a disk, or none for standard error";
}

/// The failed step, with errno's text.
std::string why_not(std::string_view what) {
  return std::string(what) + ": " + std::generic_category().message(errno);
}

bool renamed(const std::string& from, const std::string& to) noexcept {
  return std::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT;
}

}  // namespace

base::ResolvedPath resolve_log_path(const std::string& path) { return base::resolve_path(path, fault_of); }

RotatingFile::RotatingFile(const std::string& path, std::uint64_t max_bytes, std::size_t older_files)
    : path_(resolve_log_path(path).path), max_bytes_(max_bytes), older_files_(older_files) {}

std::string RotatingFile::append(std::string_view& lines) {
  if (!is_current()) close();
  while (!lines.empty()) {
    if (descriptor_ < 0) {
      if (std::string fault = open(); !fault.empty()) return fault;
    }
    const std::size_t fitting = that_fit(lines);
    std::string fault = fitting == 0 ? rotate() : write(lines.substr(0, fitting));
    if (!fault.empty()) return fault;
    lines.remove_prefix(fitting);
  }
  return {};
}

/// False if somebody moved or removed the file, as logrotate does: nobody would find further lines.
bool RotatingFile::is_current() const noexcept {
  struct stat opened{};
  struct stat named{};
  return descriptor_ >= 0 && ::fstat(descriptor_, &opened) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

std::string RotatingFile::open() {
  // Somebody may have replaced the file by a link, to move it to another disk.
  base::ResolvedPath resolved = resolve_log_path(path_);
  if (!resolved.fault.empty()) return std::move(resolved.fault);
  path_ = std::move(resolved.path);
  // Without O_NONBLOCK, opening a pipe would wait for a reader. Only the owner and the group may read.
  descriptor_ = ::open(path_.c_str(),
                       O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW, 0640);
  if (descriptor_ < 0) return why_not("cannot be opened");
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    close();
    return "is no regular file";
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  return {};
}

void RotatingFile::close() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

std::string RotatingFile::rotate() {
  const auto numbered = [&](std::size_t number) { return path_ + "." + std::to_string(number); };
  close();
  for (std::size_t i = older_files_; i > 1; --i) {
    if (!renamed(numbered(i - 1), numbered(i))) return why_not("older files cannot be renamed");
  }
  const bool is_done =
      older_files_ > 0 ? renamed(path_, numbered(1)) : ::unlink(path_.c_str()) == 0 || errno == ENOENT;
  return is_done ? std::string() : why_not("is full and cannot be renamed");
}

std::string RotatingFile::write(std::string_view text) {
  // Others may have appended since: never cut off their lines.
  struct stat before{};
  const bool is_known = ::fstat(descriptor_, &before) == 0;
  if (is_known) size_ = static_cast<std::uint64_t>(before.st_size);
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(descriptor_, text.data() + done, text.size() - done);
    if (count > 0) done += static_cast<std::size_t>(count);
    if (count > 0 || (count < 0 && errno == EINTR)) continue;
    std::string fault = why_not("cannot be written");
    // Half a line would spoil the next one, once there is room. If the half cannot be removed, close the
    // file.
    if (done > 0 && (!is_known || ::ftruncate(descriptor_, before.st_size) != 0)) close();
    return fault;
  }
  size_ += text.size();
  return {};
}

/// Number of bytes of whole lines that fit; an empty file takes at least one line.
std::size_t RotatingFile::that_fit(std::string_view lines) const noexcept {
  const std::uint64_t room = max_bytes_ > size_ ? max_bytes_ - size_ : 0;
  if (room >= lines.size()) return lines.size();
  const std::size_t last =
      room == 0 ? std::string_view::npos : lines.rfind('\n', static_cast<std::size_t>(room) - 1);
  if (last != std::string_view::npos) return last + 1;
  return size_ > 0 ? 0 : std::min(lines.find('\n'), lines.size() - 1) + 1;
}

}  // namespace kymo::KYMO_ABI::log
