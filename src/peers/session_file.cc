#include <kymo/peers/session_store.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "session_line.h"

namespace kymo::peers {
namespace {

// A hundred sessions of a thousand peers with the longest ids are less.
constexpr std::size_t kMostBytes = 64U << 20U;

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  const int error = errno;
  throw std::system_error(error, std::generic_category(), what + " " + path);
}

/// Closes what it has, unless it was given away.
class OpenFile final {
 public:
  explicit OpenFile(int descriptor) noexcept : descriptor_(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) (void)::close(descriptor_);
  }
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

std::string read_whole(int descriptor, const std::string& path) {
  std::string text;
  constexpr std::size_t kStep = 65536;
  while (text.size() <= kMostBytes) {
    const std::size_t before = text.size();
    text.resize(before + kStep);
    const ssize_t count = ::read(descriptor, text.data() + before, kStep);
    text.resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (count == 0) return text;
    if (count < 0 && errno != EINTR) fail("cannot read the sessions of", path);
  }
  throw std::system_error(EFBIG, std::generic_category(),
                          path + " is no file of sessions; name another, or move it away");
}

void write_whole(int descriptor, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno != EINTR) fail("cannot write the sessions to", path);
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fdatasync(descriptor) != 0) fail("cannot write the sessions to", path);
}

/// So that the new name is there after a power cut too; where that cannot be, it comes a little later.
void sync_folder_of(const std::string& path) noexcept {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const OpenFile opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() >= 0) (void)::fsync(opened.get());
}

}  // namespace

SessionFile::SessionFile(std::string path, std::function<void(std::string_view message)> on_event)
    : path_(std::move(path)), on_event_(std::move(on_event)) {}

std::vector<Session> SessionFile::load() {
  const OpenFile file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return {};
    fail("cannot open the sessions of", path_);
  }
  const std::string text = read_whole(file.get(), path_);
  std::vector<Session> sessions;
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    ++number;
    auto read = read_session_line(line);
    if (auto* session = std::get_if<Session>(&read)) {
      sessions.push_back(std::move(*session));
    } else if (on_event_) {
      on_event_(path_ + ":" + std::to_string(number) +
                ": left out: " + std::get<SessionLineError>(read).message);
    }
  }
  return sessions;
}

void SessionFile::save(std::span<const Session> sessions) {
  std::string text;
  for (const Session& session : sessions) append_session_line(session, text);
  const std::string draft = path_ + ".new";
  {
    constexpr mode_t kOwnerOnly = 0600;
    const OpenFile file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly));
    if (file.get() < 0) fail("cannot write the sessions to", draft);
    write_whole(file.get(), text, draft);
  }
  if (::rename(draft.c_str(), path_.c_str()) != 0) fail("cannot put the new sessions in place of", path_);
  sync_folder_of(path_);
}

}  // namespace kymo::peers
