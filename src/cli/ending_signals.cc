#include "ending_signals.h"

#include <pthread.h>
#include <time.h>

#include <cerrno>

namespace kymo::cli {

EndingSignals::EndingSignals() noexcept {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

bool EndingSignals::wait_for(std::chrono::milliseconds time) const noexcept {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec timeout{seconds.count(), std::chrono::nanoseconds(time - seconds).count()};
  return sigtimedwait(&signals_, nullptr, &timeout) > 0;
}

void EndingSignals::wait() const noexcept {
  while (sigwaitinfo(&signals_, nullptr) < 0 && errno == EINTR) {
  }
}

}  // namespace kymo::cli
