#include <cerrno>
#include <system_error>

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

}  // namespace kymo::KYMO_ABI::terminal
