#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::log {

/// Lines on their way from those who log to the one who writes. Threads: any.
class LineQueue final {
 public:
  struct Batch {
    std::string lines;
    std::uint64_t lost = 0;  ///< lines that found no room since the batch before
  };

  explicit LineQueue(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

  /// Takes the line, or counts it as lost where there is no room, and says so. Waits for nothing but the
  /// lock.
  [[nodiscard]] bool push(std::string_view line);

  /// All that has come; waits for something. Nothing once it was closed and is empty.
  [[nodiscard]] std::optional<Batch> take();

  /// Lets take() end.
  void close() noexcept;

 private:
  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Batch waiting_;
  bool is_closed_ = false;
};

}  // namespace kymo::KYMO_ABI::log
