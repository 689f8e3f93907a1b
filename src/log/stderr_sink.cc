#include <kymo/log/stderr_sink.h>

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>

namespace kymo::KYMO_ABI::log {
namespace {

/// Lines are written whole (see kMaxLineBytes), so no lock is needed, and a thread stopped in here blocks no
/// other.
class DescriptorWriter final {
 public:
  DescriptorWriter(int descriptor, Format format) noexcept : descriptor_(descriptor), format_(format) {}

  void write(const Record& record) {
    const std::uint64_t lost = lost_.exchange(0, std::memory_order_relaxed);
    if (lost > 0 && !try_write(lost_line(lost, record.time))) {
      lost_.fetch_add(lost + 1, std::memory_order_relaxed);
      return;
    }
    if (!try_write(format_line(record, format_))) lost_.fetch_add(1, std::memory_order_relaxed);
  }

 private:
  [[nodiscard]] std::string lost_line(std::uint64_t lost, std::chrono::system_clock::time_point time) const {
    const Field field{"lines", lost};
    return format_line({Level::warning, time, "log lines lost: nobody read standard error", {&field, 1}},
                       format_);
  }

  /// POLLOUT on a pipe means that PIPE_BUF bytes fit, the longest line. POLLERR means that the reader is
  /// gone: a write would raise SIGPIPE and end the process.
  [[nodiscard]] bool try_write(const std::string& line) const noexcept {
    pollfd ready{descriptor_, POLLOUT, 0};
    if (::poll(&ready, 1, 0) != 1 || ready.revents != POLLOUT) return false;
    ssize_t written = 0;
    do {
      written = ::write(descriptor_, line.data(), line.size());
    } while (written < 0 && errno == EINTR);
    return written >= 0;
  }

  const int descriptor_;
  const Format format_;
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace

Sink descriptor_sink(int descriptor, Format format) {
  return [writer = std::make_shared<DescriptorWriter>(descriptor, format)](const Record& record) {
    writer->write(record);
  };
}

Sink stderr_sink(Format format) { return descriptor_sink(STDERR_FILENO, format); }

}  // namespace kymo::KYMO_ABI::log
