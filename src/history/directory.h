#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/file_descriptor.h>
#include <kymo/history/store.h>

#include "file_operations.h"

namespace kymo::KYMO_ABI::history {

/// The kinds of files in a directory of history. Their names begin with a number that only grows.
enum class FileKind : std::uint8_t { log, segment, tier_10s, tier_5m, tier_1h };
inline constexpr std::array kTierKinds = {FileKind::tier_10s, FileKind::tier_5m, FileKind::tier_1h};

/// Work that may fail apart from other work.
enum class Work : std::uint8_t { log, segment, folder, tier };

/// A file of a directory.
struct NumberedFile {
  std::uint64_t number = 0;
  std::string path;
};
/// The files of a kind, ascending by number. `ending` follows their usual names. Throws std::system_error.
[[nodiscard]] std::vector<NumberedFile> files_of(const std::string& folder, FileKind kind,
                                                 std::string_view ending = {});
/// The number of a file with that path; 0 where it has none.
[[nodiscard]] std::uint64_t number_of_file(const std::string& path);

/// A file of a tier has about so much time.
[[nodiscard]] std::int64_t tier_file_ms(const DirectoryOptions& options, std::size_t tier);

/// A segment ends after so much time or so many bytes.
[[nodiscard]] std::int64_t segment_ms(const DirectoryOptions& options);
[[nodiscard]] std::uint64_t segment_bytes(const DirectoryOptions& options);

/// A log that ticks are written to.
struct LogFile {
  std::string path;
  base::FileDescriptor file;
  std::atomic<bool> is_dirty{false};  ///< has bytes that may not be on the disk
  // Under the lock of the directory.
  std::uint32_t ticks = 0;
  std::uint64_t bytes = 0;
  std::int64_t last_ms = std::numeric_limits<std::int64_t>::min();
};
using LogPtr = std::shared_ptr<LogFile>;

/// The files of a store: who may write them, the logs, and whether writes succeed.
///
/// The thread that appends calls log_of_tick() and write(). All else is for the thread that keeps the
/// directory.
class Directory final {
 public:
  explicit Directory(const DirectoryOptions& options);
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { unlock(); }

  enum class Lock : std::uint8_t {
    taken,
    refused,  ///< another process has it; reported
    failed,   ///< reported as fail() does; may be tried again
  };
  /// Makes the folder and locks it.
  Lock lock();
  void unlock() noexcept;
  [[nodiscard]] bool is_locked() const noexcept { return static_cast<bool>(folder_); }
  [[nodiscard]] FileOperations& files() const noexcept { return files_; }
  [[nodiscard]] const std::string& path() const noexcept { return options_.path; }
  [[nodiscard]] const DirectoryOptions& options() const noexcept { return options_; }
  [[nodiscard]] std::string new_path(FileKind kind);
  [[nodiscard]] std::string path_of(FileKind kind, std::uint64_t number) const;
  /// Numbers of new files are above this one.
  void use_number(std::uint64_t number) noexcept { last_number_ = std::max(last_number_, number); }
  /// A child of a fork has the object, and must leave the files alone.
  [[nodiscard]] bool is_of_this_process() const noexcept { return process_ == ::getpid(); }

  /// The log for the next tick; null while writes fail.
  [[nodiscard]] LogPtr log_of_tick();
  /// Whether ticks may be missing in logs since the last call.
  [[nodiscard]] bool take_given_up() noexcept { return has_given_up_.exchange(false); }
  /// False, and counted, where the bytes may not be in the file. No more ticks go there then.
  bool write(const LogPtr& log, std::int64_t time_ms, std::span<const std::byte> bytes) noexcept;

  /// A log of an earlier process, to delete once all of its ticks are in segments.
  void add_old_log(std::string path, std::int64_t last_ms, std::uint64_t bytes);
  /// Makes a log where there is none, and the next one where the current one is long.
  void prepare_log();
  void sync_log();
  /// Deletes the logs whose ticks are all before this time.
  void delete_logs_before(std::int64_t time_ms);
  [[nodiscard]] std::uint64_t log_bytes() const;

  /// The first failure after all was well is reported, and so is the end of all.
  void fail(Work work, std::string_view reason) noexcept;
  void succeed(Work work) noexcept;
  void tell(std::string_view message) const noexcept;
  [[nodiscard]] bool is_failing() const noexcept { return failing_.load(std::memory_order_relaxed) != 0; }
  [[nodiscard]] std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

 private:
  bool make_folder();
  void write_process_id();
  void give_up(const LogPtr& log);
  [[nodiscard]] LogPtr make_log();

  const DirectoryOptions options_;
  FileOperations& files_;
  const pid_t process_ = ::getpid();
  base::FileDescriptor folder_;  ///< has the lock
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<unsigned> failing_{0};  ///< a bit for each Work
  std::atomic<bool> has_given_up_{false};
  std::uint64_t last_number_ = 0;
  mutable std::mutex mutex_;  ///< all below
  LogPtr log_;
  LogPtr next_;
  std::vector<LogPtr> old_logs_;
};

}  // namespace kymo::KYMO_ABI::history
