#include "server/frame_queue.h"

#include <utility>

namespace voice {

std::optional<Chunk> FrameQueue::push(Chunk chunk) {
  const std::lock_guard lock(mutex_);
  chunks_.push_back(std::move(chunk));
  if (chunks_.size() <= capacity_) return std::nullopt;
  Chunk oldest = std::move(chunks_.front());
  chunks_.pop_front();
  return oldest;
}

std::optional<Chunk> FrameQueue::pop() {
  const std::lock_guard lock(mutex_);
  if (chunks_.empty()) return std::nullopt;
  Chunk oldest = std::move(chunks_.front());
  chunks_.pop_front();
  return oldest;
}

std::size_t FrameQueue::size() const {
  const std::lock_guard lock(mutex_);
  return chunks_.size();
}

}  // namespace voice
