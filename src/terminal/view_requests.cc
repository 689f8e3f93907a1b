#include <kymo/terminal/view_requests.h>

#include <utility>

namespace kymo::KYMO_ABI::terminal {

void ViewRequests::show(Page page) {
  {
    const std::lock_guard lock(mutex_);
    if (request_.page == page) return;
    request_.page = page;
    is_new_ = true;
  }
  changed_.notify_all();
}

void ViewRequests::order(ProfilerOrder order) {
  {
    const std::lock_guard lock(mutex_);
    request_.order = order;
    is_new_ = true;
  }
  changed_.notify_all();
}

void ViewRequests::end() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
}

std::optional<ViewRequests::Request> ViewRequests::wait(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest, [this] { return is_over_ || is_new_; });
  if (is_over_) return std::nullopt;
  is_new_ = false;
  return Request{request_.page, std::exchange(request_.order, ProfilerOrder::none)};
}

}  // namespace kymo::KYMO_ABI::terminal
