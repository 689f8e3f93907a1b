#include <kymo/terminal/wishes.h>

#include <utility>

namespace kymo::KYMO_ABI::terminal {

void Wishes::show(Page page) {
  {
    const std::lock_guard lock(mutex_);
    if (wish_.page == page) return;
    wish_.page = page;
    is_new_ = true;
  }
  changed_.notify_all();
}

void Wishes::order(ProfilerOrder order) {
  {
    const std::lock_guard lock(mutex_);
    wish_.order = order;
    is_new_ = true;
  }
  changed_.notify_all();
}

void Wishes::end() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
}

std::optional<Wishes::Wish> Wishes::wait(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest, [this] { return is_over_ || is_new_; });
  if (is_over_) return std::nullopt;
  is_new_ = false;
  return Wish{wish_.page, std::exchange(wish_.order, ProfilerOrder::none)};
}

}  // namespace kymo::KYMO_ABI::terminal
