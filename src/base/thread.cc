#include <kymo/base/thread.h>

#include <utility>

#include <pthread.h>

namespace kymo::KYMO_ABI::base {

std::thread start_thread(std::string name, std::function<void()> body) {
  const SignalsBlocked blocked;
  return std::thread([name = std::move(name), body = std::move(body)] {
    pthread_setname_np(pthread_self(), name.c_str());
    body();
  });
}

}  // namespace kymo::KYMO_ABI::base
