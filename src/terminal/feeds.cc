#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

#include <kymo/terminal/feeds.h>

namespace kymo::KYMO_ABI::terminal {

double unix_now() noexcept {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

SharedPicture::SharedPicture() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_ < 0)
    throw std::system_error(errno, std::generic_category(),
                            "cannot make an eventfd; are too many files open?");
}

SharedPicture::~SharedPicture() { ::close(event_); }

void SharedPicture::tell_change() noexcept { (void)::eventfd_write(event_, 1); }

void SharedPicture::take_change() noexcept {
  eventfd_t count = 0;
  (void)::eventfd_read(event_, &count);
}

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
