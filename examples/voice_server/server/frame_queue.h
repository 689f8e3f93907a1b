#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace voice {

/// Audio on its way from the network to a worker.
struct Chunk {
  std::uint32_t sequence = 0;
  std::vector<std::int16_t> samples;
  std::chrono::steady_clock::time_point received;
};

/// The waiting chunks of one source, at most `capacity`.
///
/// When it is full the oldest chunk is dropped: in a conversation, late audio is worth less than new audio.
/// Threads: any.
class FrameQueue final {
 public:
  explicit FrameQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Returns the dropped chunk, if any.
  [[nodiscard]] std::optional<Chunk> push(Chunk chunk);
  [[nodiscard]] std::optional<Chunk> pop();

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<Chunk> chunks_;
};

}  // namespace voice
