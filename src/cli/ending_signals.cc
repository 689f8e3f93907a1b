#include "ending_signals.h"

#include <pthread.h>
#include <time.h>

#include <cerrno>

namespace kymo::KYMO_ABI::cli {

EndingSignals::EndingSignals(HangUp hang_up) noexcept {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  if (hang_up == HangUp::reloads) sigaddset(&signals_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

bool EndingSignals::wait_for(std::chrono::milliseconds time) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec timeout{seconds.count(), std::chrono::nanoseconds(time - seconds).count()};
  const int signal = sigtimedwait(&signals_, nullptr, &timeout);
  if (signal == SIGHUP && reload_) reload_();
  return signal > 0 && signal != SIGHUP;
}

void EndingSignals::wait() const {
  while (true) {
    const int signal = sigwaitinfo(&signals_, nullptr);
    if (signal == SIGHUP) {
      if (reload_) reload_();
    } else if (signal > 0 || errno != EINTR) {
      return;
    }
  }
}

}  // namespace kymo::KYMO_ABI::cli
