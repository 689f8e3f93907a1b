#include <kymo/base/clock.h>

namespace kymo::KYMO_ABI::base {

std::chrono::system_clock::time_point RealClock::system_now() const noexcept {
  return std::chrono::system_clock::now();
}

std::chrono::steady_clock::time_point RealClock::steady_now() const noexcept {
  return std::chrono::steady_clock::now();
}

}  // namespace kymo::KYMO_ABI::base
