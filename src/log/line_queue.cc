#include "line_queue.h"

#include <utility>

namespace kymo::KYMO_ABI::log {

bool LineQueue::push(std::string_view line) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.lines.size() + line.size() > max_bytes_) {
      ++waiting_.lost;
      return false;
    }
    waiting_.lines += line;
  }
  changed_.notify_one();
  return true;
}

std::optional<LineQueue::Batch> LineQueue::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_closed_ || !waiting_.lines.empty(); });
  if (waiting_.lines.empty()) return std::nullopt;
  return std::exchange(waiting_, {});
}

void LineQueue::close() noexcept {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  changed_.notify_one();
}

}  // namespace kymo::KYMO_ABI::log
