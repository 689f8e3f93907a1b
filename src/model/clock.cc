#include <kymo/model/clock.h>

namespace kymo::model {

std::chrono::system_clock::time_point RealClock::system_now() const noexcept {
  return std::chrono::system_clock::now();
}

std::chrono::steady_clock::time_point RealClock::steady_now() const noexcept {
  return std::chrono::steady_clock::now();
}

}  // namespace kymo::model
