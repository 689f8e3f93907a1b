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

/// Lines on their way from logging threads to the writing thread. Threads: any.
class LineQueue final {
 public:
  struct Batch {
    std::string lines;
    std::uint64_t lost = 0;  ///< lines without room since the batch before
  };

  explicit LineQueue(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}

  /// Adds the line. Without room, counts it as lost and returns false. Waits only for the
  /// lock.
  [[nodiscard]] bool push(std::string_view line);

  /// Takes all lines; waits for the first. Nothing once the queue is closed and empty.
  [[nodiscard]] std::optional<Batch> take();

  /// Ends take().
  void close() noexcept;

 private:
  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Batch waiting_;
  bool is_closed_ = false;
};

}  // namespace kymo::KYMO_ABI::log
