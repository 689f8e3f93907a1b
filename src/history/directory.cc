#include "directory.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

namespace kymo::KYMO_ABI::history {
namespace {

// A log is replaced by the next one after so much, so that old ticks leave the disk.
constexpr std::uint32_t kTicksOfLog = 300;
constexpr std::uint64_t kBytesOfLog = std::uint64_t{64} << 20U;

// A segment ends after a hundredth of the time that is kept, or at a size that can be read as a whole.
constexpr std::int64_t kSegmentsOfRetention = 100;
constexpr std::int64_t kLeastSegmentMs = 3'600'000;
constexpr std::int64_t kMostSegmentMs = 24 * kLeastSegmentMs;
constexpr std::int64_t kMostTierFileMs = 7 * kMostSegmentMs;
constexpr std::uint64_t kSegmentsOfBytes = 256;
constexpr std::uint64_t kLeastSegmentBytes = std::uint64_t{32} << 20U;
constexpr std::uint64_t kMostSegmentBytes = std::uint64_t{128} << 20U;

constexpr std::size_t kDigits = 8;
constexpr const char* kProcessFile = "/pid";

std::string_view suffix_of(FileKind kind) {
  switch (kind) {
    case FileKind::log: return ".log";
    case FileKind::segment: return ".segment";
    case FileKind::tier_10s: return ".10s";
    case FileKind::tier_5m: return ".5m";
    case FileKind::tier_1h: return ".1h";
  }
  return {};
}

std::string reason_of(int error) { return std::generic_category().message(error); }

/// Descriptors with a lock. A child of a fork closes its copies: a lock lasts as long as any copy, so else
/// the child would keep the directory after the end of its parent. Zero: a free place, for 0 is standard
/// input.
std::array<std::atomic<int>, 64> locked_folders{};

void close_locked_folders() noexcept {
  for (std::atomic<int>& folder : locked_folders) {
    if (const int open = folder.exchange(0); open > 0) (void)::close(open);
  }
}

void note_locked_folder(int opened) {
  static const int is_set = ::pthread_atfork(nullptr, nullptr, close_locked_folders);
  (void)is_set;
  for (std::atomic<int>& folder : locked_folders) {
    int free = 0;
    if (folder.compare_exchange_strong(free, opened)) return;
  }
}

void forget_locked_folder(int opened) noexcept {
  for (std::atomic<int>& folder : locked_folders) {
    int expected = opened;
    if (folder.compare_exchange_strong(expected, 0)) return;
  }
}

}  // namespace

std::int64_t segment_ms(const DirectoryOptions& options) {
  const std::int64_t share = options.retention.count() / kSegmentsOfRetention;
  return share == 0
             ? kMostSegmentMs
             : std::clamp(share, std::min(kLeastSegmentMs, options.retention.count() / 4), kMostSegmentMs);
}

std::uint64_t segment_bytes(const DirectoryOptions& options) {
  const std::uint64_t share =
      std::clamp(options.bytes / kSegmentsOfBytes, kLeastSegmentBytes, kMostSegmentBytes);
  return std::max<std::uint64_t>(std::min(share, options.bytes / 4), 1);
}

std::int64_t tier_file_ms(const DirectoryOptions& options, std::size_t tier) {
  if (tier == 0) return 0;  // each segment for itself, so that the past is ready soon
  const std::int64_t keep = options.tiers[tier].retention.count();
  const std::int64_t share =
      std::min(keep == 0 ? kMostTierFileMs : keep / kSegmentsOfRetention, kMostTierFileMs);
  // The segments are there until then.
  const std::int64_t raw = options.retention.count();
  return raw == 0 ? share : std::min(share, raw / 2);
}

std::uint64_t number_of_file(const std::string& path) {
  const std::size_t begin = path.rfind('/') + 1;
  std::uint64_t number = 0;
  const auto result = std::from_chars(path.data() + begin, path.data() + path.size(), number);
  return result.ec == std::errc() ? number : 0;
}

std::vector<NumberedFile> files_of(const std::string& folder, FileKind kind, std::string_view ending) {
  std::vector<NumberedFile> found;
  const std::string suffix = std::string(suffix_of(kind)).append(ending);
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error) throw std::system_error(error, "cannot read the folder " + folder);
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name.size() < kDigits + suffix.size() || !name.ends_with(suffix)) continue;
    const char* const end = name.data() + name.size() - suffix.size();
    std::uint64_t number = 0;
    const auto result = std::from_chars(name.data(), end, number);
    if (result.ec == std::errc() && result.ptr == end) found.push_back({number, entry.path().string()});
  }
  std::ranges::sort(found, {}, &NumberedFile::number);
  return found;
}

Directory::Directory(const DirectoryOptions& options)
    : options_(options),
      files_(options.files == nullptr ? FileOperations::of_the_system() : *options.files) {}

std::string Directory::new_path(FileKind kind) { return path_of(kind, ++last_number_); }

std::string Directory::path_of(FileKind kind, std::uint64_t number) const {
  std::string digits = std::to_string(number);
  digits.insert(0, kDigits - std::min(kDigits, digits.size()), '0');
  return options_.path + "/" + digits.append(suffix_of(kind));
}

bool Directory::make_folder() {
  std::error_code error;
  std::filesystem::create_directories(options_.path, error);
  if (!error) return true;
  fail(Work::folder, "cannot make the folder " + options_.path + ": " + error.message());
  return false;
}

Directory::Lock Directory::lock() {
  constexpr std::chrono::milliseconds kStep{50};
  constexpr int kTries = 10;  // a process that was just killed still has its lock
  struct stat about{};
  const bool is_new = ::stat(options_.path.c_str(), &about) != 0;
  if (is_new && !make_folder()) return Lock::failed;
  if (is_new) (void)::chmod(options_.path.c_str(), S_IRWXU);
  unlock();
  folder_.reset(::open(options_.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder_) {
    fail(Work::folder, "cannot open the folder " + options_.path + ": " + reason_of(errno));
    return Lock::failed;
  }
  for (int i = 0; i < kTries; ++i) {
    if (::flock(folder_.get(), LOCK_EX | LOCK_NB) == 0) {
      note_locked_folder(folder_.get());
      write_process_id();
      return Lock::taken;
    }
    if (errno != EWOULDBLOCK) break;
    std::this_thread::sleep_for(kStep);
  }
  const int error = errno;
  folder_.reset();
  if (error != EWOULDBLOCK) {
    fail(Work::folder, "cannot lock the folder " + options_.path + ": " + reason_of(error));
    return Lock::failed;
  }
  std::string process;
  if (FILE* const file = std::fopen((options_.path + kProcessFile).c_str(), "re")) {
    char text[16] = {};
    if (std::fscanf(file, "%15[0-9]", text) == 1) process = text;
    (void)std::fclose(file);
  }
  tell("history.directory " + options_.path + " is in use by " +
       (process.empty() ? "another process" : "process " + process) +
       "; this process keeps its history in memory. Give each process a directory of its own");
  return Lock::refused;
}

void Directory::unlock() noexcept {
  if (!folder_) return;
  forget_locked_folder(folder_.get());
  folder_.reset();
}

void Directory::write_process_id() {
  const std::string path = options_.path + kProcessFile;
  const base::FileDescriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  const std::string text = std::to_string(process_) + "\n";
  if (file && ::write(file.get(), text.data(), text.size()) < 0) return;  // only a message needs the number
}

LogPtr Directory::log_of_tick() {
  const std::lock_guard lock(mutex_);
  if (next_ != nullptr) {
    if (log_ != nullptr) old_logs_.push_back(log_);
    log_ = std::exchange(next_, nullptr);
  }
  return log_;
}

bool Directory::write(const LogPtr& log, std::int64_t time_ms, std::span<const std::byte> bytes) noexcept {
  try {
    {
      const std::lock_guard lock(mutex_);
      log->last_ms = std::max(log->last_ms, time_ms);  // also of a record of which only a part is written
    }
    write_all(files_, log->file.get(), bytes, log->path);
    if (options_.sync == Sync::always) {
      sync_file(files_, log->file.get(), log->path);
    } else {
      log->is_dirty.store(true, std::memory_order_release);
    }
    {
      const std::lock_guard lock(mutex_);
      log->bytes += bytes.size();
      ++log->ticks;
    }
    succeed(Work::log);
    return true;
  } catch (const std::exception& error) {
    fail(Work::log, error.what());
    give_up(log);
    return false;
  }
}

/// The file may end within a record, or have pages that never reach the disk.
void Directory::give_up(const LogPtr& log) {
  const std::lock_guard lock(mutex_);
  if (log_ != log) return;
  // A log without a whole tick leaves soon, or a full disk would gather one with each try.
  if (log->ticks == 0) log->last_ms = std::numeric_limits<std::int64_t>::min();
  old_logs_.push_back(log);
  log_ = nullptr;
  has_given_up_ = true;
}

void Directory::add_old_log(std::string path, std::int64_t last_ms, std::uint64_t bytes) {
  auto log = std::make_shared<LogFile>();
  log->path = std::move(path);
  log->last_ms = last_ms;
  log->bytes = bytes;
  const std::lock_guard lock(mutex_);
  old_logs_.push_back(std::move(log));
}

LogPtr Directory::make_log() {
  auto log = std::make_shared<LogFile>();
  log->path = new_path(FileKind::log);
  log->file = open_file(files_, log->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
  sync_folder(files_, options_.path);
  return log;
}

void Directory::prepare_log() {
  LogPtr log;
  {
    const std::lock_guard lock(mutex_);
    if (next_ != nullptr) return;
    if (log_ != nullptr && log_->ticks < kTicksOfLog && log_->bytes < kBytesOfLog) {
      if (!is_deleted_file(log_->file.get())) return;
      log = log_;
    }
  }
  if (log != nullptr) {
    fail(Work::folder, "the file " + log->path + " was deleted");
    give_up(log);
    if (lock() != Lock::taken) return;
  }
  try {
    LogPtr made = make_log();
    const std::lock_guard lock(mutex_);
    next_ = std::move(made);
    succeed(Work::folder);
  } catch (const std::exception& error) {
    fail(Work::folder, error.what());
  }
}

void Directory::sync_log() {
  LogPtr log;
  {
    const std::lock_guard lock(mutex_);
    log = log_;
  }
  if (log == nullptr || !log->is_dirty.exchange(false)) return;
  try {
    sync_file(files_, log->file.get(), log->path);
  } catch (const std::exception& error) {
    fail(Work::log, error.what());
    give_up(log);
  }
}

void Directory::delete_logs_before(std::int64_t time_ms) {
  std::vector<LogPtr> old;
  {
    const std::lock_guard lock(mutex_);
    const auto gone =
        std::ranges::partition(old_logs_, [&](const LogPtr& log) { return log->last_ms >= time_ms; });
    old.assign(gone.begin(), gone.end());
    old_logs_.erase(gone.begin(), gone.end());
  }
  for (const LogPtr& log : old) {
    if (files_.unlink(log->path) == 0 || errno == ENOENT) {
      succeed(Work::folder);
      continue;
    }
    fail(Work::folder, "cannot delete " + log->path + ": " + reason_of(errno));
    const std::lock_guard lock(mutex_);
    old_logs_.push_back(log);
  }
}

std::uint64_t Directory::log_bytes() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t bytes = log_ == nullptr ? 0 : log_->bytes;
  for (const LogPtr& log : old_logs_) bytes += log->bytes;
  return bytes;
}

void Directory::fail(Work work, std::string_view reason) noexcept {
  failures_.fetch_add(1, std::memory_order_relaxed);
  if (failing_.fetch_or(1U << static_cast<unsigned>(work)) != 0) return;
  try {
    tell(std::string("the history stays in memory: ")
             .append(reason)
             .append("; kymo tries again each second. Free space, permit writes, or set history.directory"));
  } catch (...) {
  }
}

void Directory::succeed(Work work) noexcept {
  const unsigned bit = 1U << static_cast<unsigned>(work);
  if (failing_.load(std::memory_order_relaxed) == 0) return;
  if (failing_.fetch_and(~bit) == bit) tell("the history is written to its directory again");
}

void Directory::tell(std::string_view message) const noexcept {
  try {
    if (options_.on_event) options_.on_event(message);
  } catch (...) {
  }
}

}  // namespace kymo::KYMO_ABI::history
