#pragma once

#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// Blocks all signals in this thread for a scope. A thread that the scope starts inherits the mask, so the
/// handlers of the host program run on its own threads.
class SignalsBlocked final {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

/// Starts a thread that blocks all signals. `top -H` and debuggers show it by `name` (15 characters).
/// Threads: any. Throws std::system_error if the system cannot make a thread.
[[nodiscard]] std::thread start_thread(std::string name, std::function<void()> body);

}  // namespace kymo::KYMO_ABI::base
