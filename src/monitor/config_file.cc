#include "config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include <kymo/base/file_descriptor.h>

namespace kymo::KYMO_ABI::monitor {
namespace {

FileError system_error(std::string_view what) {
  return {std::string(what) + ": " + std::generic_category().message(errno)};
}

FileError too_large() {
  return {"is larger than " + std::to_string(kMaxConfigFileBytes / 1024) + " KiB; is this the right file?"};
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a pipe";
  return "a device or socket";
}

/// The size that stat tells is not believed: a file may grow, and those of /proc tell 0.
std::variant<std::string, FileError> read_all(int file) {
  std::string text;
  while (true) {
    constexpr std::size_t kChunk = 16 * 1024;
    const std::size_t size = text.size();
    text.resize(size + kChunk);
    const ssize_t count = ::read(file, text.data() + size, kChunk);
    if (count < 0 && errno == EINTR) {
      text.resize(size);
      continue;
    }
    if (count < 0) return system_error("cannot be read");
    text.resize(size + static_cast<std::size_t>(count));
    if (count == 0) return text;
    if (text.size() > kMaxConfigFileBytes) return too_large();
  }
}

}  // namespace

std::variant<std::string, FileError> read_config_file(const std::string& path) {
  // Without O_NONBLOCK, opening a pipe would wait for someone to write to it.
  const base::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return system_error("cannot be opened");
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error("cannot be read");
  if (!S_ISREG(status.st_mode))
    return FileError{std::string("is ") + kind_of(status.st_mode) + ", not a file"};
  if (status.st_size > static_cast<off_t>(kMaxConfigFileBytes)) return too_large();
  return read_all(file.get());
}

}  // namespace kymo::KYMO_ABI::monitor
