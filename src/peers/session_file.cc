#include <kymo/base/hex.h>
#include <kymo/base/resolved_path.h>
#include <kymo/base/sha256.h>
#include <kymo/peers/session_store.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <iterator>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "session_line.h"

namespace kymo::KYMO_ABI::peers {
namespace {

// Room for a hundred sessions of a thousand peers with the longest ids.
constexpr std::size_t kMostBytes = 64U << 20U;
constexpr std::size_t kMostSessions = 10'000;
constexpr int kMostTold = 10;      // damaged lines of one file that are reported one by one
constexpr int kMostSetAside = 10;  // unreadable files to keep aside
constexpr mode_t kOwnerOnly = 0600;

[[noreturn]] void fail(const std::string& what, const std::string& path, int error = errno) {
  throw std::system_error(error, std::generic_category(), what + " " + path);
}

/// Closes its descriptor.
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

/// A path's open folder, and the name in it: nobody can replace the folder between two steps.
struct Place {
  explicit Place(const std::string& path)
      : name(path.substr(path.rfind('/') + 1)),
        folder(open_folder(path.substr(0, path.size() - name.size()))) {
    if (folder.get() < 0) fail("cannot open the folder of", path);
    struct stat about{};
    if (::fstat(folder.get(), &about) != 0) fail("cannot inspect the folder of", path);
    const bool others_may_replace = (about.st_mode & S_IWOTH) != 0 && (about.st_mode & S_ISVTX) == 0;
    if (!is_ours(about) || others_may_replace) {
      fail("other users may write to the folder of", path + "; use a folder of this user", EPERM);
    }
  }

  /// Links of others are refused: they could lead to any folder of this user.
  [[nodiscard]] static int open_folder(const std::string& path) {
    const base::ResolvedPath resolved = base::resolve_path(path.empty() ? "." : path);
    if (!resolved.fault.empty()) fail("the folder " + path, resolved.fault, EPERM);
    return ::open(resolved.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  }

  [[nodiscard]] static bool is_ours(const struct stat& about) noexcept {
    return about.st_uid == ::geteuid() || about.st_uid == 0;
  }

  std::string name;
  OpenFile folder;
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
  fail("this is no file of sessions; use another name, or move it away:", path, EFBIG);
}

void write_whole(int descriptor, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno != EINTR) fail("cannot write the sessions to", path);
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fdatasync(descriptor) != 0) fail("cannot write the sessions to", path);
}

constexpr std::string_view kChecksumKey = ",\"checksum\":\"";
constexpr std::size_t kChecksumDigits = 16;
constexpr std::size_t kChecksumField = kChecksumKey.size() + kChecksumDigits + 2;

/// The first 64 bits of the SHA-256 of a line without its checksum.
std::string checksum_of(std::string_view line) {
  const base::Sha256Digest digest = base::sha256(line);
  std::string text;
  base::append_hex(std::span(digest).first(kChecksumDigits / 2), text);
  return text;
}

void append_checked_line(const Session& session, std::string& out) {
  const std::size_t begin = out.size();
  append_session_line(session, out);
  out.resize(out.size() - 2);  // the closing brace and the newline
  const std::string checksum = checksum_of(std::string_view(out).substr(begin));
  out.append(kChecksumKey).append(checksum).append("\"}\n");
}

std::variant<Session, SessionLineError> read_checked_line(std::string_view line) {
  if (line.size() < kChecksumField) return SessionLineError{"it has no checksum"};
  const std::string_view content = line.substr(0, line.size() - kChecksumField);
  const std::string_view field = line.substr(content.size());
  if (!field.starts_with(kChecksumKey) || !field.ends_with("\"}")) {
    return SessionLineError{"it has no checksum"};
  }
  if (field.substr(kChecksumKey.size(), kChecksumDigits) != checksum_of(content)) {
    return SessionLineError{"its checksum is wrong"};
  }
  return read_session_line(line);
}

/// Reports the first damaged lines one by one, then their number.
class Complaints final {
 public:
  Complaints(const std::string& path, const std::function<void(std::string_view)>& tell)
      : path_(path), tell_(tell) {}

  void add(std::size_t line, const std::string& why) {
    if (++count_ <= kMostTold && tell_) tell_(path_ + ":" + std::to_string(line) + ": left out: " + why);
  }
  void finish() const {
    if (count_ > kMostTold && tell_) tell_(path_ + ": left out " + std::to_string(count_) + " lines in all");
  }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }

 private:
  const std::string& path_;
  const std::function<void(std::string_view)>& tell_;
  int count_ = 0;
};

/// The file's current state; nothing if it does not exist. Throws if something else has its name.
std::optional<struct stat> look_at(const Place& place, const std::string& path) {
  struct stat about{};
  if (::fstatat(place.folder.get(), place.name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::nullopt;
    fail("cannot inspect", path);
  }
  if (!S_ISREG(about.st_mode) || !Place::is_ours(about)) {
    fail("this is no regular file of this user; use another name, or move it away:", path, EINVAL);
  }
  return about;
}

}  // namespace

SessionFile::SessionFile(std::string path, std::function<void(std::string_view message)> on_event)
    : path_(std::move(path)), on_event_(std::move(on_event)) {}

std::vector<Session> SessionFile::load() {
  must_keep_ = true;  // until everything has been read
  const Place place(path_);
  if (!look_at(place, path_)) {
    must_keep_ = false;
    return {};
  }
  // Non-blocking, in case something else was put there since.
  const OpenFile file(
      ::openat(place.folder.get(), place.name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) fail("cannot open the sessions of", path_);
  const std::string text = read_whole(file.get(), path_);
  std::deque<Session> sessions;
  Complaints complaints(path_, on_event_);
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    ++number;
    auto read = read_checked_line(line);
    if (auto* session = std::get_if<Session>(&read)) {
      sessions.push_back(std::move(*session));
      if (sessions.size() > kMostSessions) sessions.pop_front();
    } else {
      complaints.add(number, std::get<SessionLineError>(read).message);
    }
  }
  complaints.finish();
  must_keep_ = !complaints.empty();
  return {std::make_move_iterator(sessions.begin()), std::make_move_iterator(sessions.end())};
}

void SessionFile::save(std::span<const Session> sessions) {
  const Place place(path_);
  if (look_at(place, path_) && must_keep_) set_aside(place.folder.get(), place.name);
  must_keep_ = false;
  std::string text;
  for (const Session& session : sessions) append_checked_line(session, text);
  const std::string draft = place.name + ".new";
  // A draft that a killed process left; nobody else writes into our folder.
  if (::unlinkat(place.folder.get(), draft.c_str(), 0) != 0 && errno != ENOENT) {
    fail("cannot remove the old draft of", path_);
  }
  {
    const OpenFile file(::openat(place.folder.get(), draft.c_str(),
                                 O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly));
    if (file.get() < 0) fail("cannot write the sessions to", path_ + ".new");
    write_whole(file.get(), text, path_ + ".new");
  }
  if (::renameat(place.folder.get(), draft.c_str(), place.folder.get(), place.name.c_str()) != 0) {
    fail("cannot replace the sessions in", path_);
  }
  // Makes the new name survive a power cut; without this it survives a little later.
  (void)::fsync(place.folder.get());
}

void SessionFile::set_aside(int folder, const std::string& name) {
  for (int i = 1; i <= kMostSetAside; ++i) {
    const std::string aside = name + ".unread-" + std::to_string(i);
    if (::linkat(folder, name.c_str(), folder, aside.c_str(), 0) == 0) {
      if (on_event_) on_event_(path_ + " could not be read completely; it is kept as " + aside);
      return;
    }
    if (errno != EEXIST) fail("cannot rename the unreadable file", path_);
  }
  fail("too many unreadable files are kept; inspect and move them:", path_ + ".unread-*", EEXIST);
}

}  // namespace kymo::KYMO_ABI::peers
