#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include <kymo/base/text_files.h>

namespace kymo::KYMO_ABI::base {
namespace {

constexpr std::size_t kFirstReadBytes = 4096;

ReadResult result_of(int error) noexcept {
  const bool absent = error == ENOENT || error == ENOTDIR || error == EOPNOTSUPP || error == ENODEV ||
                      error == ENOSYS || error == ESRCH;
  return absent ? ReadResult::absent : ReadResult::failed;
}

/// An open file with its identity. So a descriptor number that somebody else closed and reused is not
/// mistaken for it.
class OpenFile final {
 public:
  explicit OpenFile(int fd) noexcept : fd_(fd) {
    struct stat status{};
    if (fd_ >= 0 && ::fstat(fd_, &status) == 0) device_ = status.st_dev, inode_ = status.st_ino;
  }
  OpenFile(OpenFile&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), device_(other.device_), inode_(other.inode_) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] int fd() const noexcept { return fd_; }

  /// Closes the descriptor only if it is still the same file. A daemon that closes all descriptors after a
  /// fork and opens others would otherwise lose one of those.
  void abandon_if_replaced() noexcept {
    struct stat status{};
    const bool same =
        fd_ >= 0 && ::fstat(fd_, &status) == 0 && status.st_dev == device_ && status.st_ino == inode_;
    if (!same) fd_ = -1;
  }

 private:
  int fd_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// Reads all of a file; `buffer` only grows, so repeated reads allocate nothing. Returns errno, or 0.
int read_from_start(int fd, std::size_t max_bytes, std::vector<char>& buffer, std::string& text) {
  std::size_t filled = 0;
  for (;;) {
    if (buffer.size() - filled < kFirstReadBytes)
      buffer.resize(std::max(2 * kFirstReadBytes, buffer.size() * 2));
    const ::ssize_t got =
        ::pread(fd, buffer.data() + filled, buffer.size() - filled, static_cast<::off_t>(filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    filled += static_cast<std::size_t>(got);
    if (filled > max_bytes) return EFBIG;
    if (got == 0) break;
  }
  text.assign(buffer.data(), filled);
  return 0;
}

}  // namespace

class KernelFiles::Impl final {
 public:
  explicit Impl(KernelFilesOptions options) : options_(std::move(options)) {}

  ReadResult read(std::string_view path, std::string& text) {
    drop_files_of_parent();
    const auto kept = files_.find(path);
    if (kept != files_.end()) {
      if (read_from_start(kept->second.fd(), options_.max_file_bytes, buffer_, text) == 0)
        return ReadResult::ok;
      files_.erase(kept);
    }
    const int error = read_newly_opened(path, text);
    if (error == 0) return ReadResult::ok;
    text.clear();
    return result_of(error);
  }

  [[nodiscard]] std::string locate(std::string_view path) const {
    if (path.starts_with("/proc/")) return options_.proc_root + std::string(path.substr(5));
    if (path.starts_with("/sys/")) return options_.sys_root + std::string(path.substr(4));
    return std::string(path);
  }

 private:
  int read_newly_opened(std::string_view path, std::string& text) {
    OpenFile file(::open(locate(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.fd() < 0) return errno;
    const int error = read_from_start(file.fd(), options_.max_file_bytes, buffer_, text);
    if (error == 0 && files_.size() < options_.max_open_files) files_.emplace(path, std::move(file));
    return error;
  }

  void drop_files_of_parent() {
    const ::pid_t now = ::getpid();
    if (now == owner_) return;
    owner_ = now;
    for (auto& [path, file] : files_) file.abandon_if_replaced();
    files_.clear();
  }

  KernelFilesOptions options_;
  std::map<std::string, OpenFile, std::less<>> files_;
  std::vector<char> buffer_;
  ::pid_t owner_ = ::getpid();
};

KernelFiles::KernelFiles(KernelFilesOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
KernelFiles::~KernelFiles() = default;

ReadResult KernelFiles::read(std::string_view path, std::string& text) { return impl_->read(path, text); }
std::string KernelFiles::locate(std::string_view path) const { return impl_->locate(path); }

}  // namespace kymo::KYMO_ABI::base
