#include <kymo/log/file_sink.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include <kymo/base/thread.h>

#include "line_queue.h"
#include "rotating_file.h"

namespace kymo::KYMO_ABI::log {
namespace {

constexpr std::size_t kMaxWaitingBytes = 1024 * 1024;

class FileWriter final {
 public:
  explicit FileWriter(FileSinkOptions options)
      : options_(std::move(options)),
        file_(options_.path, options_.max_bytes, options_.older_files),
        queue_(kMaxWaitingBytes) {}
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;
  ~FileWriter() {
    queue_.close();
    if (thread_.joinable()) thread_.join();
  }

  /// True if the writing thread exists here. A forked child does not have it, and must not wait for it or for
  /// its locks.
  [[nodiscard]] bool is_of_this_process() const noexcept { return pid_ == 0 || pid_ == ::getpid(); }

  void write(const Record& record) {
    std::call_once(is_started_, [this] { start(); });
    if (!is_of_this_process()) throw std::logic_error("this sink belongs to the parent process");
    if (!queue_.push(format_line(record, options_.format)))
      throw std::length_error("too many bytes wait to be written");
  }

 private:
  /// Signal handlers of the host program run on its own threads.
  void start() {
    thread_ = base::start_thread("kymo-log", [this] { run(); });
    pid_ = ::getpid();
  }

  void run() noexcept {
    while (auto batch = queue_.take()) {
      try {
        lost_ += batch->lost;
        write_all(batch->lines);
      } catch (...) {  // without memory for a message about it
        ++lost_;
      }
    }
  }

  void write_all(std::string_view lines) {
    if (lost_ > 0) {
      const std::string line = lost_line();
      std::string_view rest = line;
      if (file_.append(rest).empty()) lost_ = 0;
    }
    const std::string fault = file_.append(lines);
    lost_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
    tell_of(fault);
  }

  [[nodiscard]] std::string lost_line() const {
    const Field field{"lines", lost_};
    return format_line({Level::warning, std::chrono::system_clock::now(), "log lines lost", {&field, 1}},
                       options_.format);
  }

  /// Once, and again when the reason changes: one message a lost line would fill the other log.
  void tell_of(const std::string& fault) {
    if (fault == fault_) return;
    fault_ = fault;
    if (!options_.complaints) return;
    const Field fields[] = {{"path", options_.path}, {"reason", fault}};
    const bool is_well = fault.empty();
    options_.complaints(
        {is_well ? Level::info : Level::error, std::chrono::system_clock::now(),
         is_well ? "log file is written again" : "log file cannot be written, its lines are lost",
         std::span(fields, is_well ? 1 : 2)});
  }

  const FileSinkOptions options_;
  RotatingFile file_;
  LineQueue queue_;
  std::uint64_t lost_ = 0;
  std::string fault_;
  std::once_flag is_started_;
  pid_t pid_ = 0;  ///< set once the thread exists
  std::thread thread_;
};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string with_reason(std::string text) {
  return std::move(text) + ": " + std::generic_category().message(errno);
}

}  // namespace

Sink file_sink(FileSinkOptions options) {
  const auto end = [](FileWriter* writer) {
    if (writer->is_of_this_process()) delete writer;  // in a forked child it is leaked
  };
  return [writer = std::shared_ptr<FileWriter>(new FileWriter(std::move(options)), end)](
             const Record& record) { writer->write(record); };
}

std::optional<std::string> log_file_fault(const std::string& path) {
  const base::ResolvedPath resolved = resolve_log_path(path);
  if (!resolved.fault.empty()) return path + " " + resolved.fault;
  struct stat status{};
  if (::stat(resolved.path.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) return path + " is no regular file; name one, or leave the setting empty";
    if (::access(resolved.path.c_str(), W_OK) != 0) return with_reason(path + " cannot be written");
    return std::nullopt;
  }
  if (errno != ENOENT) return with_reason(path + " cannot be opened");
  const std::string folder = folder_of(resolved.path);
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return std::nullopt;
  if (errno == ENOENT) return "folder " + folder + " does not exist; make it first";
  return with_reason("folder " + folder + " cannot be written");
}

}  // namespace kymo::KYMO_ABI::log
